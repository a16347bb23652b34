package enum RedisClientPlaceholder {}

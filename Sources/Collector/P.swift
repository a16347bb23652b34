package enum CollectorPlaceholder {}

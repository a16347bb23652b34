# The fastest user Locust has, asking without a pause: a peer of scripts/bench-generator.
from locust import FastHttpUser, constant, task


class Asker(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.get("/orders/1", name="ask")

print("spotload")

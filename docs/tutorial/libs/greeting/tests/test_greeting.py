from greeting import greet


def test_greet():
    assert greet("you", 3) == "Hello you, for the 3rd time!"

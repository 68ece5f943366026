from retry import backoff


def test_backoff_grows_and_stops():
    assert [backoff(attempt) for attempt in range(6)] == [1, 2, 4, 8, 16, 30]

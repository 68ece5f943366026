import time
import urllib.request


def fetch(url, attempts=5):
    for attempt in range(attempts):
        try:
            return urllib.request.urlopen(url).read()
        except OSError:
            if attempt + 1 == attempts:
                raise
            time.sleep(backoff(attempt))


def backoff(attempt):
    """Seconds to wait: 1, 2, 4, and so on, but never more than 30."""
    return min(2**attempt, 30)

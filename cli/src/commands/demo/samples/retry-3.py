import time
import urllib.request


def fetch(url, attempts=5, timeout=10):
    for attempt in range(attempts):
        try:
            return urllib.request.urlopen(url, timeout=timeout).read()
        except OSError:
            if attempt + 1 == attempts:
                raise
            time.sleep(backoff(attempt))


def backoff(attempt):
    """Seconds to wait: 1, 2, 4, and so on, but never more than 30."""
    return min(2**attempt, 30)

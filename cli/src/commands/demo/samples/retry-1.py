import time
import urllib.request


def fetch(url):
    while True:
        try:
            return urllib.request.urlopen(url).read()
        except OSError:
            time.sleep(1)

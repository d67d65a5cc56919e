"""The Flask program that path-records replaces, written anew from its description.

PUT stores the members of the JSON, `last_updated` and `ttl` as a Redis hash that expires after 360
days; GET returns the hash; `/` returns the number of requests to it.
"""

import os
import time

import redis
from flask import Flask, jsonify, request

TTL = 31_104_000

app = Flask(__name__)
store = redis.Redis.from_url(os.environ["REDIS_ADDRESS"], decode_responses=True)


@app.get("/")
def count():
    return f"Count is {store.incr('flask:count')}."


@app.put("/<path:path>")
def put(path):
    record = {**request.get_json(), "last_updated": int(time.time()), "ttl": TTL}
    store.hset(f"flask:{path}", mapping=record)
    store.expire(f"flask:{path}", TTL)
    return jsonify(record)


@app.get("/<path:path>")
def get(path):
    record = store.hgetall(f"flask:{path}")
    if not record:
        return jsonify(error="thing doesn't exist"), 404
    return jsonify(record)

"""A robot on WeRoBot that says what it was told: PORT TOKEN [KEY APP_ID]."""

import sys

from werobot import WeRoBot
from werobot.replies import Article, ArticlesReply, SuccessReply

port, token, *keys = sys.argv[1:]
settings = {"encoding_aes_key": keys[0], "app_id": keys[1]} if keys else {}
robot = WeRoBot(token=token, enable_session=False, **settings)


@robot.text
def text(message):
    if message.content == "news":
        reply = ArticlesReply(message=message)
        reply.add_article(Article(title="第一篇", description="说明", img="", url="https://example.com/"))
        return reply
    if message.content == "silent":
        return SuccessReply()
    return f"text {message.content}"


@robot.image
def image(message):
    return "image" if message.img.startswith("http") else "no picture"


@robot.location
def location(message):
    return f"location {message.label}"


@robot.subscribe
def subscribe(message):
    return f"subscribe {message.key}"


@robot.scan
def scan(message):
    return f"scan {message.key}"


@robot.click
def click(message):
    return f"click {message.key}"


@robot.unsubscribe
def unsubscribe(_):
    return ""


robot.config["HOST"] = "127.0.0.1"
robot.config["PORT"] = int(port)
robot.config["SERVER"] = "wsgiref"
robot.run(enable_pretty_logging=False)

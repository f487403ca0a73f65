"""Calls the simulator through wechatpy, which believes that it talks to WeChat: BASE APP_ID SECRET."""

import io
import json
import sys
import urllib.parse
import urllib.request

import requests
from wechatpy import WeChatClient, WeChatOAuth
from wechatpy.exceptions import APILimitedException, WeChatClientException, WeChatOAuthException

BASE, APP_ID, SECRET = sys.argv[1:]
WeChatOAuth.API_BASE_URL = f"{BASE}/"
WeChatOAuth.OAUTH_BASE_URL = f"{BASE}/connect/"
TEMPLATE = "sim-template-meeting".ljust(43, "-")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


class Elsewhere(requests.adapters.HTTPAdapter):
    """Another base address: the package writes WeChat's into its token call."""

    def send(self, request, **options):
        request.url = request.url.replace("https://api.weixin.qq.com", BASE)
        return super().send(request, **options)


def new_client(secret):
    new = WeChatClient(APP_ID, secret)
    new._http.mount("https://api.weixin.qq.com/", Elsewhere())
    return new


client = new_client(SECRET)


def sim(path, body):
    request = urllib.request.Request(f"{BASE}/_sim{path}", json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def check(name):
    """Runs the function at once and prints how it went."""

    def run(function):
        try:
            function()
            print(f"ok   wechatpy: {name}", flush=True)
        except Exception as error:  # noqa: BLE001: whatever went wrong is the check's result
            print(f"FAIL wechatpy: {name}: {type(error).__name__} {error}", flush=True)

    return run


def refuses(code, call, kind=WeChatClientException):
    """The call must raise the package's own exception with WeChat's code."""
    try:
        call()
    except kind as error:
        assert error.errcode == code, f"errcode {error.errcode}, not {code}"
        assert "rid: " in error.errmsg, error.errmsg
        return
    raise AssertionError(f"no exception, {code} expected")


def menu():
    return {
        "button": [
            {"type": "click", "name": "关于", "key": "about"},
            {"name": "会议", "sub_button": [{"type": "view", "name": "我的会议", "url": "https://example.com/m"}]},
        ]
    }


@check("token")
def _():
    assert client.fetch_access_token()["expires_in"] == 7200
    assert len(client.access_token) > 100


@check("a wrong secret raises 40125")
def _():
    refuses(40125, lambda: new_client("wrong").fetch_access_token())


@check("an expired token is renewed by the package's own retry")
def _():
    client.misc.get_wechat_ips()
    sim("/faults", {"expire_tokens": True})
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]
    sim("/faults", {"invalidate_tokens": True})
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]


@check("menu: create, get, delete")
def _():
    assert client.menu.create(menu())["errcode"] == 0
    assert client.menu.get()["menu"]["button"][1]["sub_button"][0]["name"] == "我的会议"
    assert client.menu.get_menu_info()["is_menu_open"] == 1
    added = client.menu.add_conditional({**menu(), "matchrule": {"client_platform_type": "1"}})
    assert client.menu.del_conditional(added["menuid"])["errcode"] == 0
    assert client.menu.delete()["errcode"] == 0
    assert client.menu.get() is None


@check("a menu with a long name raises 40018")
def _():
    long = {"button": [{"type": "click", "name": "名称超过了十六个字节", "key": "k"}]}
    refuses(40018, lambda: client.menu.create(long))


@check("qrcode: create, picture, scan")
def _():
    scene = {"scene": {"scene_str": "m_k7x2p9"}}
    made = client.qrcode.create(
        {"expire_seconds": 1800, "action_name": "QR_STR_SCENE", "action_info": scene}
    )
    assert made["expire_seconds"] == 1800 and made["url"].startswith("http://weixin.qq.com/q/")
    ticket = urllib.parse.quote(made["ticket"])
    picture = requests.get(f"{BASE}/cgi-bin/showqrcode?ticket={ticket}", timeout=30)
    assert picture.content.startswith(b"\xff\xd8\xff"), picture.headers
    refuses(40053, lambda: client.qrcode.create({"action_name": "QR_SCENE", "action_info": {}}))


@check("user: info, list, batch, remark")
def _():
    openids = sim("/followers", {"count": 3})["openids"]
    assert client.user.get(openids[0])["subscribe"] == 1
    assert set(openids) <= set(client.user.iter_followers())
    assert len(client.user.get_batch(openids)) == 3
    assert client.user.update_remark(openids[0], "市金融办")["errcode"] == 0
    assert client.user.get(openids[0])["remark"] == "市金融办"
    refuses(40003, lambda: client.user.get("nobody"))


@check("tags: create, give, list, delete")
def _():
    openid = sim("/followers", {"count": 1})["openids"][0]
    tag = client.tag.create("市直单位")
    tag = tag.get("tag", tag)["id"]
    client.tag.tag_user(tag, [openid])
    assert client.tag.get_user_tag(openid) == [tag]
    assert client.tag.get_tag_users(tag)["data"]["openid"] == [openid]
    client.tag.delete(tag)
    refuses(45159, lambda: client.tag.delete(tag))


@check("customer-service messages")
def _():
    openid = sim("/followers", {"count": 1})["openids"][0]
    refuses(45015, lambda: client.message.send_text(openid, "您好"))
    sim(f"/users/{openid}/text", {"content": "hi"})
    client.message.send_text(openid, "您好，签到已开始")
    client.message.send_articles(
        openid, [{"title": "标题", "description": "说明", "url": "https://example.com/", "image": ""}]
    )
    with urllib.request.urlopen(f"{BASE}/_sim/users/{openid}/inbox", timeout=30) as answer:
        items = [item for item in json.load(answer)["items"] if item["source"] == "service"]
    assert items[0]["content"] == "您好，签到已开始" and items[1]["articles"][0]["title"] == "标题", items
    for _ in range(3):
        client.message.send_text(openid, "您好")
    refuses(45047, lambda: client.message.send_text(openid, "您好"))


@check("template messages")
def _():
    openid = sim("/followers", {"count": 1})["openids"][0]
    data = {
        "thing1": {"value": "全市智慧政务建设培训会"},
        "time2": {"value": "2026年9月19日 09:00"},
        "thing3": {"value": "市行政中心"},
    }
    assert client.message.send_template(openid, TEMPLATE, data, url="https://example.com/")["msgid"] > 0
    assert client.template.get_all_private_template()["template_list"][0]["title"] == "会议通知"
    refuses(40037, lambda: client.message.send_template(openid, "nothing", data))
    refuses(47003, lambda: client.message.send_template(openid, TEMPLATE, {}))


@check("media: upload, download, picture of an article")
def _():
    picture = io.BytesIO(PNG)
    picture.name = "a.png"
    kept = client.media.upload("image", picture)
    assert client.media.download(kept["media_id"]).content == PNG
    picture.seek(0)
    assert client.media.upload_image(picture).startswith(BASE)
    refuses(40007, lambda: client.media.download("nothing"))


@check("ticket for the JS-SDK")
def _():
    assert len(client.jsapi.get_jsapi_ticket()) > 50


@check("the day's quota raises the package's own exception")
def _():
    sim("/faults", {"quota": {"/cgi-bin/getcallbackip": 0}})
    refuses(45009, client.misc.get_wechat_ips, APILimitedException)


@check("web authorisation: code, token, user, refresh")
def _():
    oauth = WeChatOAuth(APP_ID, SECRET, "http://127.0.0.1/back", "snsapi_userinfo", "abc")
    address = oauth.authorize_url.replace("#wechat_redirect", "&sim_openid=oStranger#wechat_redirect")
    to = requests.get(address, allow_redirects=False, timeout=30).headers["location"]
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(to).query)["code"][0]
    assert oauth.fetch_access_token(code)["openid"] == "oStranger"
    assert oauth.check_access_token()
    assert oauth.get_user_info()["openid"] == "oStranger"
    assert oauth.refresh_access_token(oauth.refresh_token)["openid"] == "oStranger"
    refuses(40163, lambda: oauth.fetch_access_token(code), WeChatOAuthException)
    refuses(40029, lambda: oauth.fetch_access_token("invented"), WeChatOAuthException)



"""Calls the simulator through the official packages of Aliyun and Tencent Cloud: BASE APP_ID SECRET.

Then lets the same packages sign fixed inputs, with clock and nonce frozen and nothing sent: their signatures must be
those that our own tests expect of our own code.
"""

import json
import pathlib
import sys
import types
import urllib.request

from alibabacloud_dysmsapi20170525 import models as sms_models
from alibabacloud_dysmsapi20170525.client import Client as AliyunSms
from alibabacloud_dyvmsapi20170525 import models as vms_models
from alibabacloud_dyvmsapi20170525.client import Client as AliyunVoice
from alibabacloud_tea_openapi import client as aliyun_core
from alibabacloud_tea_openapi import utils_models as aliyun_models
from tencentcloud.common import abstract_client as tencent_core
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as tencent_sms_models
from tencentcloud.sms.v20210111.sms_client import SmsClient
from tencentcloud.vms.v20200902 import models as tencent_vms_models
from tencentcloud.vms.v20200902.vms_client import VmsClient

BASE = sys.argv[1]
HOST = BASE.removeprefix("http://")
ID, SECRET = "simulator-access-key-id", "simulator-access-key-secret"
NUMBER = "13800138000"
SOURCE = pathlib.Path(__file__).parent.parent.parent / "src/notify/phone/sign"


def check(name):
    """Runs the function at once and prints how it went."""

    def run(function):
        try:
            function()
            print(f"ok   providers' packages: {name}", flush=True)
        except Exception as error:  # noqa: BLE001: whatever went wrong is the check's result
            print(f"FAIL providers' packages: {name}: {type(error).__name__} {error}", flush=True)

    return run


def sim(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{BASE}/_sim{path}", data, method="GET" if body is None else "POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def inbox(number=NUMBER):
    return sim(f"/phones/{number}/inbox")["items"]


def same(found, expected):
    assert found == expected, f"{found!r} instead of {expected!r}"


def aliyun(kind, key=SECRET, key_id=ID, endpoint=HOST):
    return kind(aliyun_models.Config(
        access_key_id=key_id, access_key_secret=key, endpoint=endpoint, protocol="http", user_agent="x"))


def tencent(kind, key=SECRET, key_id=ID, endpoint=HOST):
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=endpoint))
    return kind(Credential(key_id, key), "ap-guangzhou", profile)


def aliyun_sms(number=NUMBER, reference="MC202611220001"):
    return sms_models.SendSmsRequest(
        phone_numbers=number, sign_name="瑞安交警", template_code="SMS_123456789", out_id=reference,
        template_param='{"plate":"浙C·1**45","place":"罗阳大道88号附近"}')


def aliyun_call():
    return vms_models.SingleCallByTtsRequest(
        called_number=NUMBER, tts_code="TTS_123456789", tts_param='{"tail":"45"}', play_times=2, volume=100,
        out_id="MC2026112201")


def tencent_sms(number=NUMBER):
    request = tencent_sms_models.SendSmsRequest()
    request.PhoneNumberSet = [f"+86{number}"]
    request.SmsSdkAppId, request.TemplateId, request.SignName = "1400006666", "1110", "瑞安交警"
    request.TemplateParamSet = ["浙C·1**45", "罗阳大道88号附近"]
    request.SessionContext = "MC202611220001"
    return request


def tencent_call():
    request = tencent_vms_models.SendTtsVoiceRequest()
    request.TemplateId, request.CalledNumber, request.VoiceSdkAppid = "2023", f"+86{NUMBER}", "1400006666"
    request.TemplateParamSet, request.PlayTimes, request.SessionContext = ["45"], 2, "MC202611220001"
    return request


@check("Aliyun SendSms arrives with its Chinese")
def _():
    answer = aliyun(AliyunSms).send_sms(aliyun_sms()).body
    same(answer.code, "OK")
    item = inbox()[-1]
    same((item["provider_id"], item["reference"], item["sign"]), (answer.biz_id, "MC202611220001", "瑞安交警"))
    assert "浙C·1**45" in item["text"] and "罗阳大道88号附近" in item["text"], item


@check("Aliyun QuerySendDetails finds it by our number of it")
def _():
    details = aliyun(AliyunSms).query_send_details(sms_models.QuerySendDetailsRequest(
        phone_number=NUMBER, send_date="20261122", page_size=10, current_page=1)).body
    found = details.sms_send_detail_dtos.sms_send_detail_dto[0]
    same((found.out_id, found.send_status), ("MC202611220001", 3))


@check("Aliyun SingleCallByTts rings")
def _():
    answer = aliyun(AliyunVoice).single_call_by_tts(aliyun_call()).body
    same(answer.code, "OK")
    same(sim(f"/phones/{NUMBER}/inbox")["call"]["provider_id"], answer.call_id)
    sim(f"/phones/{NUMBER}/decline", {})


@check("Aliyun IvrCall takes the keys that it names")
def _():
    keys = [vms_models.IvrCallRequestMenuKeyMap(key=key, code="TTS_2") for key in "12"]
    answer = aliyun(AliyunVoice).ivr_call(vms_models.IvrCallRequest(
        called_number=NUMBER, called_show_number="057700000000", start_code="TTS_1", out_id="MC2026112202",
        start_tts_params='{"tail":"45"}', menu_key_map=keys)).body
    same((answer.code, sim(f"/phones/{NUMBER}/inbox")["call"]["keys"]), ("OK", "12"))
    sim(f"/phones/{NUMBER}/decline", {})


@check("Aliyun refuses another secret and another account as its packages know it")
def _():
    for change, code in [({"key": "wrong"}, "SignatureDoesNotMatch"), ({"key_id": "other"}, "InvalidAccessKeyId.NotFound")]:
        try:
            aliyun(AliyunSms, **change).send_sms(aliyun_sms())
            raise AssertionError("was taken")
        except Exception as error:  # noqa: BLE001: the packages' own kinds differ by version
            same(getattr(error, "code", error), code)


@check("Aliyun throttles a number in its own words")
def _():
    sim("/faults", {"phones": {"refuse": [{"provider": "aliyun", "code": "isv.BUSINESS_LIMIT_CONTROL", "times": 1}]}})
    same(aliyun(AliyunSms).send_sms(aliyun_sms()).body.code, "isv.BUSINESS_LIMIT_CONTROL")


@check("Tencent SendSms arrives with its Chinese, and its status can be pulled")
def _():
    status = tencent(SmsClient).SendSms(tencent_sms()).SendStatusSet[0]
    same(status.Code, "Ok")
    item = inbox()[-1]
    same((item["provider_id"], item["reference"]), (status.SerialNo, "MC202611220001"))
    assert "罗阳大道88号附近" in item["text"], item
    pull = tencent_sms_models.PullSmsSendStatusByPhoneNumberRequest()
    pull.BeginTime, pull.Offset, pull.Limit = 0, 0, 10
    pull.PhoneNumber, pull.SmsSdkAppId = f"+86{NUMBER}", "1400006666"
    pulled = tencent(SmsClient).PullSmsSendStatusByPhoneNumber(pull).PullSmsSendStatusSet[-1]
    same((pulled.SerialNo, pulled.ReportStatus), (status.SerialNo, "SUCCESS"))


@check("Tencent SendTtsVoice rings")
def _():
    answer = tencent(VmsClient).SendTtsVoice(tencent_call()).SendStatus
    same((sim(f"/phones/{NUMBER}/inbox")["call"]["provider_id"], answer.SessionContext), (answer.CallId, "MC202611220001"))
    sim(f"/phones/{NUMBER}/decline", {})


@check("Tencent refuses another secret, and a number that is none, as its package knows it")
def _():
    try:
        tencent(SmsClient, key="wrong").SendSms(tencent_sms())
        raise AssertionError("was taken")
    except TencentCloudSDKException as error:
        same(error.get_code(), "AuthFailure.SignatureFailure")
    same(tencent(SmsClient).SendSms(tencent_sms("123")).SendStatusSet[0].Code, "InvalidParameterValue.IncorrectPhoneNumber")


class Caught(Exception):
    """Ends the call in the place of sending; packages wrap it in their own kinds."""


requests = []


def catch(*request, **_options):
    requests.append(request[0])
    raise Caught("not sent")


def caught(call):
    requests.clear()
    try:
        call()
    except Exception:  # noqa: BLE001: what matters is what would have been sent
        if not requests:
            raise
    return requests[0]


def expected(file):
    return (SOURCE / file).read_text(encoding="utf-8")


@check("Aliyun's signatures are those that our tests expect of us")
def _():
    core = aliyun_core
    core.Utils.get_timestamp = staticmethod(lambda: "2026-11-22T04:00:00Z")
    core.Utils.get_nonce = staticmethod(lambda: "3156853299f313e23d1673dc12e1703d")
    core.Utils.get_user_agent = staticmethod(lambda _agent: "ruian-gov/1.0")
    core.DaraCore.do_action = staticmethod(catch)
    keys = {"key_id": "testAccessKeyId", "key": "testAccessKeySecret"}
    calls = [
        (AliyunSms, "dysmsapi.aliyuncs.com", lambda it: it.send_sms(aliyun_sms())),
        (AliyunVoice, "dyvmsapi.aliyuncs.com", lambda it: it.single_call_by_tts(aliyun_call())),
    ]
    for kind, host, call in calls:
        request = caught(lambda: call(aliyun(kind, endpoint=host, **keys)))
        headers = {name.lower(): value for name, value in request.headers.items()}
        signature = headers["authorization"].split("Signature=")[1]
        assert signature in expected("acs3.rs"), f"{host}: {signature} {sorted(headers)}"


@check("Tencent's signatures are those that our tests expect of us")
def _():
    tencent_core.time = types.SimpleNamespace(time=lambda: 1795320000)
    keys = {"key_id": "AKIDEXAMPLEexampleEXAMPLEexample0001", "key": "EXAMPLEsecretKEYexampleSECRETkey0001"}
    calls = [
        (SmsClient, "sms.tencentcloudapi.com", lambda it: it.SendSms(tencent_sms())),
        (VmsClient, "vms.tencentcloudapi.com", lambda it: it.SendTtsVoice(tencent_call())),
    ]
    for kind, host, call in calls:
        client = tencent(kind, endpoint=host, **keys)
        client.request.send_request = catch
        request = caught(lambda: call(client))
        signature = request.header["Authorization"].split("Signature=")[1]
        assert signature in expected("tc3.rs"), f"{host}: {signature}"

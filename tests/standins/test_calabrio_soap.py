"""The stand-in of Calabrio's SOAP service, against requests written by hand from its facts."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.standins.calabrio_floor import LOGGED_OUT
from tests.standins.calabrio_soap import CalabrioSoapStandIn
from tests.standins.door import Mood
from tests.standins.raw import say

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEAD = """POST /RTA/TeleoptiRtaService.svc HTTP/1.1
Content-Type: text/xml; charset=utf-8
SOAPAction: "http://tempuri.org/ITeleoptiRtaService/SaveBatchExternalUserState"
"""
SINGLE_HEAD = HEAD.replace("SaveBatch", "Save")
STATE = """
    <d:ExternalUserState>
     <d:BatchId>2026-03-02T09:15:00Z</d:BatchId>
     <d:IsLoggedOn>true</d:IsLoggedOn>
     <d:IsSnapshot>false</d:IsSnapshot>
     <d:SecondsInState>0</d:SecondsInState>
     <d:StateCode>Break</d:StateCode>
     <d:StateDescription>Break</d:StateDescription>
     <d:Timestamp>2026-03-02T09:14:58Z</d:Timestamp>
     <d:UserCode>2001</d:UserCode>
    </d:ExternalUserState>"""
BATCH = f"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
            xmlns:t="http://tempuri.org/"
            xmlns:d="http://schemas.datacontract.org/2004/07/Teleopti.Ccc.Rta.WebService">
 <s:Body>
  <t:SaveBatchExternalUserState>
   <t:authenticationKey>CUSTOMER-KEY</t:authenticationKey>
   <t:platformTypeId>00000000-0000-0000-0000-000000000000</t:platformTypeId>
   <t:sourceId>1</t:sourceId>
   <t:externalUserStateBatch>{STATE}
   </t:externalUserStateBatch>
  </t:SaveBatchExternalUserState>
 </s:Body>
</s:Envelope>
"""
SINGLE = """<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>
<SaveExternalUserState xmlns="http://tempuri.org/">
<authenticationKey>CUSTOMER-KEY</authenticationKey><userCode>2001</userCode>
<stateCode>Ready</stateCode><stateDescription/><isLoggedOn>true</isLoggedOn>
<secondsInState>0</secondsInState><timestamp>2026-03-02T09:14:58Z</timestamp>
<platformTypeId>00000000-0000-0000-0000-000000000000</platformTypeId><sourceId>1</sourceId>
<batchId>2026-03-02T09:15:00Z</batchId><isSnapshot>false</isSnapshot>
</SaveExternalUserState></Body></Envelope>"""
CLOSING = SINGLE.replace("<userCode>2001</userCode>", "<userCode/>").replace(
    "<isSnapshot>false", "<isSnapshot>true"
)
SNAPSHOT = BATCH.replace("IsSnapshot>false", "IsSnapshot>true")


def state(user, code="Break", text=STATE):
    return text.replace("2001", user).replace("Code>Break", f"Code>{code}")


@pytest.fixture
async def vendor():
    users = {"2001", "2002", "2003"}
    async with CalabrioSoapStandIn(
        key="CUSTOMER-KEY", sources={"1"}, users=users, now=lambda: NINE
    ) as standing:
        yield standing


async def told(vendor, body, head=HEAD):
    """Return the status, and the result or the fault's words."""
    status, headers, answer = await say(vendor, f"{head}\n{body}")
    assert headers["content-type"] == "text/xml; charset=utf-8"
    words = answer.decode().partition("Result>")[2] or answer.decode().partition("faultstring>")[2]
    return status, words.partition("<")[0]


async def test_the_published_sample_is_accepted_and_shown(vendor):
    assert await told(vendor, BATCH) == (200, "1")
    assert vendor.states == {"2001": "Break"}
    assert vendor.since == {"2001": NINE}, "the vendor stamps on arrival"
    assert await told(vendor, SINGLE, SINGLE_HEAD) == (200, "1")
    assert vendor.states == {"2001": "Ready"}
    on_premises = HEAD.replace("/RTA/", "/TeleoptiWFM/RTA/")
    assert await told(vendor, BATCH, on_premises) == (200, "1")
    assert vendor.history == [("2001", "Break"), ("2001", "Ready"), ("2001", "Break")]


async def test_the_same_state_again_does_not_begin_anew(vendor):
    await told(vendor, BATCH)
    vendor.now = lambda: NINE + timedelta(minutes=1)
    assert await told(vendor, BATCH) == (200, "1")
    assert vendor.since == {"2001": NINE}


async def test_who_is_not_logged_on_is_logged_off_whatever_the_code(vendor):
    await told(vendor, BATCH.replace("IsLoggedOn>true", "IsLoggedOn>false"))
    assert vendor.states == {"2001": "LOGGED-OFF"}
    await told(vendor, BATCH)
    await told(vendor, BATCH.replace("<d:IsLoggedOn>true</d:IsLoggedOn>", ""))
    assert vendor.states == {"2001": "LOGGED-OFF"}, "a boolean that is missing is false"


async def test_another_platform_changes_the_vocabulary(vendor):
    guid = "8f6a3b2c-0d1e-4f50-9a7b-1c2d3e4f5a6b"
    await told(vendor, BATCH.replace("00000000-0000-0000-0000-000000000000", guid))
    assert vendor.states == {"2001": f"Break ({guid})"}


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("00000000-0000-0000-0000-000000000000", "", "-200"),
        ("00000000-0000-0000-0000-000000000000", "zero", "-200"),
        ("<t:sourceId>1<", "<t:sourceId>2<", "-300"),
        ("   <t:sourceId>1</t:sourceId>\n", "", "-300"),
    ],
)
async def test_a_wrong_platform_or_source_has_its_code(vendor, old, new, result):
    assert old in BATCH
    assert await told(vendor, BATCH.replace(old, new)) == (200, result)
    assert vendor.states == {}


async def test_unknown_users_are_named_by_a_code_and_the_others_are_processed(vendor):
    several = BATCH.replace(STATE, state("9999") + state(" 2002 ") + state("2001", "Ready"))
    assert await told(vendor, several) == (200, "-100")
    assert vendor.states == {"2002": "Break", "2001": "Ready"}
    assert vendor.unknown == ["9999"]


async def test_a_wrong_key_is_a_fault(vendor):
    status, fault = await told(vendor, BATCH.replace("CUSTOMER-KEY", "GUESSED"))
    assert status == 500
    assert "authentication" in fault
    assert vendor.states == {}


async def test_a_snapshot_logs_out_the_absent_when_it_is_closed(vendor):
    await told(vendor, BATCH.replace(STATE, state("2001") + state("2002") + state("2003")))
    part = SNAPSHOT.replace("2001", "2002").replace("Code>Break", "Code>Ready")
    assert await told(vendor, part) == (200, "1")
    assert await told(vendor, part.replace("2002<", "2003<")) == (200, "1")
    assert vendor.states["2001"] == "Break"
    assert await told(vendor, CLOSING, SINGLE_HEAD) == (200, "1")
    assert vendor.states == {"2001": LOGGED_OUT, "2002": "Ready", "2003": "Ready"}
    assert vendor.snapshots == [{"2002": "Ready", "2003": "Ready"}]
    assert vendor.open_snapshots == {}


MIXED = SNAPSHOT.replace("</t:externalUserStateBatch>", f"{STATE}</t:externalUserStateBatch>")


@pytest.mark.parametrize(
    ("body", "head", "why"),
    [
        (CLOSING, SINGLE_HEAD, "no snapshot 2026-03-02 09:15:00+00:00 to close"),
        (CLOSING.replace("<userCode/>", "<userCode>1</userCode>"), SINGLE_HEAD, "empty userCode"),
        (SINGLE.replace("<userCode>2001</userCode>", ""), SINGLE_HEAD, "UserCode is needed"),
        (MIXED, HEAD, "one BatchId"),
        (SNAPSHOT.replace("<d:BatchId>2026-03-02T09:15:00Z</d:BatchId>", ""), HEAD, "BatchId"),
    ],
)
async def test_half_a_snapshot_is_refused(vendor, body, head, why):
    status, fault = await told(vendor, body, head)
    assert (status, why in fault) == (400, True), fault
    assert vendor.states == {}


CODE = "<d:StateCode>Break</d:StateCode>"
SWAPPED = BATCH.replace(CODE, "").replace("<d:BatchId>", f"{CODE}<d:BatchId>")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "not XML"),
        ("{}", "not XML"),
        (BATCH.replace("</s:Envelope>", ""), "not XML"),
        (BATCH.replace("UTF-8", "iso-8859-1"), "encoding iso-8859-1"),
        (BATCH.replace("<s:Env", '<!DOCTYPE s [<!ENTITY a "b">]><s:Env', 1), "not XML"),
        (BATCH.replace("Break<", "\x0b<"), "not XML"),
        (BATCH.replace("schemas.xmlsoap.org", "www.w3.org"), "Envelope is expected"),
        (BATCH.replace("tempuri.org/", "tempuri.org"), "SaveBatchExternalUserState is expected"),
        (BATCH.replace("Ccc.Rta", "Rta"), "ExternalUserState is expected"),
        (BATCH.replace("<s:Body>", "<s:Header/><s:Body>"), "Envelope: 2 elements"),
        (BATCH.replace("<t:SaveBatch", "<t:SaveSome").replace("/t:SaveB", "/t:SaveS"), "not XML"),
        (SWAPPED, "BatchId: not expected here"),
        (BATCH.replace(CODE, CODE * 2), "StateCode: not expected here"),
        (BATCH.replace(CODE, f"{CODE}<d:Reason>1</d:Reason>"), "Reason: not expected here"),
        (BATCH.replace("d:StateCode", "t:StateCode"), "StateCode: not expected here"),
        (BATCH.replace("IsLoggedOn>true", "IsLoggedOn>True"), "IsLoggedOn: not a boolean"),
        (BATCH.replace("State>0", "State>0.5"), "SecondsInState: not a integer"),
        (BATCH.replace("State>0", "State>3000000000"), "SecondsInState: not a integer"),
        (BATCH.replace("09:14:58Z", "09:14:58"), "Timestamp: not a date_time"),
        (BATCH.replace("-02T09:14:58Z", "-32T09:14:58Z"), "Timestamp: not a date_time"),
        (BATCH.replace("2026-03-02T09:14:58Z", "1772442898"), "Timestamp: not a date_time"),
        (BATCH.replace("<d:UserCode>", '<d:UserCode type="acd">'), "attributes ['type']"),
        (BATCH.replace("<d:UserCode>2001", "<d:UserCode><d:Id>2001</d:Id>"), "text is expected"),
        (BATCH.replace("<s:Body>", "<s:Body>hello"), "text between elements"),
        (BATCH.replace("<d:UserCode>2001", "<d:UserCode> "), "UserCode is needed"),
    ],
)
async def test_what_the_schema_does_not_allow_is_refused(vendor, body, why):
    status, fault = await told(vendor, body)
    assert (status, why in fault) == (400, True), fault
    assert vendor.states == {}
    assert len(vendor.refused) == 1


@pytest.mark.parametrize("code", ["", "x" * 301])
async def test_a_state_code_that_the_service_throws_at_is_a_fault(vendor, code):
    status, fault = await told(vendor, BATCH.replace("Code>Break", f"Code>{code}"))
    assert (status, fault[:10]) == (500, "State code")


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("/RTA/", "/Web/", 404),
        ("POST", "PUT", 405),
        ("text/xml", "application/soap+xml", 415),
        ("charset=utf-8", "charset=utf-16", 415),
        ("SaveBatch", "Save", 400),
        ('"http', "http", 400),
        ("SOAPAction", "X-Action", 400),
    ],
)
async def test_a_wrong_head_is_refused(vendor, old, new, status):
    assert (await told(vendor, BATCH, HEAD.replace(old, new)))[0] == status
    assert vendor.states == {}


async def test_nothing_is_taken_in_a_bad_mood_and_all_of_it_by_one_who_is_late(vendor):
    for mood, status in ((Mood.FAILING, 500), (Mood.LIMITING, 429), (Mood.DENYING, 401)):
        vendor.be(mood)
        answer = await say(vendor, f"{HEAD}\n{BATCH}")
        assert answer[0] == status
    assert vendor.states == {}
    vendor.timeout = 0.1
    vendor.be(Mood.LATE)
    assert await told(vendor, BATCH) == (200, "1")
    assert vendor.states == {"2001": "Break"}

const source = msg.req.path.split("/").pop();
const body = msg.payload;

function authentic() {
  const headers = msg.req.headers;
  if (source !== "flex") {
    const known = "Basic " + Buffer.from("rc:" + PASSWORD).toString("base64");
    return headers.authorization === known;
  }
  const hash = crypto.createHash("sha256").update(body).digest("hex");
  const called = PUBLIC_URL + "?bodySHA256=" + hash;
  const signature = crypto.createHmac("sha1", TOKEN).update(called).digest("base64");
  return msg.req.query.bodySHA256 === hash && headers["x-twilio-signature"] === signature;
}

function flex(record) {
  const worker = record.worker;
  const channels = record.channels || [];
  return {
    time: record.date_last_processed_event,
    agent: {id: worker.sid, platform: "flex", account_id: record.account_sid, workspace_id: record.workspace_sid},
    status: STATUSES[worker.activity_name] || "unknown",
    reason: {code: worker.activity_sid, label: worker.activity_name},
    since: worker.date_activity_updated,
    contacts: channels.flatMap((each) => each.reservations.map((held) => ({
      id: held.task_sid, reservation_id: held.sid, channel: each.task_channel_name, direction: held.direction,
      queue: {id: held.task_queue_sid, name: null}, workflow_id: held.workflow_sid,
      offered_at: held.date_created, since: held.date_updated,
      native_status: held.status, task_status: held.task_assignment_status,
    }))),
    channels: channels.map((each) => ({
      id: each.worker_channel_sid, channel_id: each.task_channel_sid, name: each.task_channel_name,
      available: Boolean(each.available), capacity: each.capacity, free_percent: each.available_capacity,
      capacity_since: each.date_capacity_updated,
    })),
    native_id: record.last_processed_event_sid,
  };
}

function ringcentral(record) {
  // The platform's wall clock: five hours behind in winter, which is what a flow gets by with.
  const at = new Date(record.date_time.replace(" ", "T") + "-05:00");
  return {
    time: at.toISOString(),
    agent: {id: record.agent_id, platform: "ringcentral", account_id: record.account_id,
      username: record.username, phone: record.agent_phone},
    status: record.event_type === "AVAILABLE" ? "ready" : "not_ready",
    reason: {code: record.event_type, label: record.event_aux_type || null},
    session_id: record.agent_login_id, contacts: [], channels: [],
  };
}

const PERSON = {external_id: null, username: null, name: null, email: null, phone: null, role: null, team: null,
  department: null, manager: null, location: null, attributes: null, wfm_id: null};

function event(record) {
  const {time, agent, ...data} = source === "flex" ? flex(record) : ringcentral(record);
  const key = source + ":" + agent.id;
  return {
    specversion: "1.0", id: crypto.randomUUID(), source: "/sources/" + source, type: "wfm.agent.state.v1",
    subject: key, partitionkey: key, time, recordedtime: new Date().toISOString(),
    datacontenttype: "application/json", dataschema: "urn:wfm-gateway:schema:v1",
    data: {agent: {...PERSON, ...agent}, ...data, previous: null, inferred: false, basis: null, time_source: "platform"},
  };
}

if (!authentic()) {
  msg.statusCode = 403;
  msg.payload = "";
  return [msg, null];
}
const found = JSON.parse(body);
const records = Array.isArray(found) ? found : found.records || [found];
const tellings = records.flatMap((record) => {
  const payload = JSON.stringify(event(record));
  return URLS.map((url) => ({url, payload, headers: {"content-type": "application/cloudevents+json"}}));
});
msg.statusCode = 200;
msg.payload = {accepted: records.length};
return [msg, tellings];

//! The account at the end: what became of each release, and who was told of it how often.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::lanes::Kind;
use crate::stage::Stage;

pub(crate) fn check(stage: &Stage) {
    // What was over as soon as it had begun is due to nobody.
    let mut deliveries = stage.deliveries();
    deliveries.retain(|delivery| delivery["state"] != "void");
    for delivery in &deliveries {
        assert_eq!(delivery["state"], "sent", "{delivery:#}");
    }
    releases(stage);
    hook(stage, &deliveries);
    mail(stage);
    let open = stage.json(&["incidents", "--json"]);
    let open: Vec<&Value> = open.as_array().unwrap().iter().filter(|it| it["state"] == "open").collect();
    assert!(open.is_empty(), "{open:#?}");
}

/// Each version is one release, which ended as it had to, and was taken back once or never.
fn releases(stage: &Stage) {
    let [started, done] = ["rollback-started", "rollback-succeeded"].map(|event| told_of(stage, event));
    for lane in &stage.lanes {
        let stored = stage.json(&["releases", lane.service, "--json"]);
        let mut stored: BTreeMap<String, Vec<String>> =
            stored.as_array().unwrap().iter().fold(BTreeMap::new(), |mut all, it| {
                let text = |key: &str| it[key].as_str().unwrap().to_owned();
                all.entry(text("version")).or_default().push(text("state"));
                all
            });
        for (version, kind) in lane.released.lock().unwrap().iter() {
            let (state, times) = if *kind == Kind::Good { ("accepted", 0) } else { ("rolled-back", 1) };
            assert_eq!(stored.remove(version).as_deref(), Some([state.to_owned()].as_slice()), "{version}");
            for (what, told) in [("begun", &started), ("done", &done)] {
                let ids = told.get(version).map_or(0, BTreeSet::len);
                assert_eq!(
                    ids, times,
                    "the rollback of {version}, which was {kind:?}, was {what} {ids} times"
                );
            }
        }
        assert!(stored.is_empty(), "nobody released {stored:?}");
    }
}

/// The ids of an event's notices, by the version they are about.
fn told_of(stage: &Stage, event: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for post in stage.host.hook.all_posts() {
        let data = &post["data"];
        let version = data["from"].as_str().unwrap_or_default().to_owned();
        // What was overtaken before it could be told is in the message that overtook it.
        let with = data["superseded"].as_array().into_iter().flatten();
        for notice in std::iter::once(data).chain(with).filter(|it| it["event"] == event) {
            told.entry(version.clone()).or_default().insert(notice["id"].as_str().unwrap().to_owned());
        }
    }
    told
}

/// Every notice that was written for the webhook was told there, and once, but for what golive was killed in.
fn hook(stage: &Stage, deliveries: &[Value]) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for post in stage.host.hook.all_posts() {
        let with = post["data"]["superseded"].as_array().into_iter().flatten();
        for notice in std::iter::once(&post["data"]).chain(with) {
            *times.entry(notice["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let written = deliveries.iter().filter(|it| it["channel"] == "hook");
    let written: BTreeSet<String> =
        written.map(|it| it["notification_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(times.keys().cloned().collect::<BTreeSet<_>>(), written);
    assert_twice(stage, "webhook", times.values());
}

/// The same of mail: whoever is told in no other mail has one, which is named after the notice, and where it gathers
/// others also after how many.
fn mail(stage: &Stage) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for mail in stage.host.mail.mails() {
        let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: <"));
        let id = id.and_then(|id| id.split('@').next()).unwrap_or_else(|| panic!("without an id: {mail}"));
        *times.entry(id.to_owned()).or_default() += 1;
    }
    assert_twice(stage, "mail", times.values());
    let store = rusqlite::Connection::open(stage.host.path("state/golive.db")).unwrap();
    let sql = "SELECT notice, (SELECT count(*) FROM delivery AS other WHERE other.bundle = delivery.id) FROM delivery \
               WHERE channel = 'mail' AND state = 'sent' AND bundle IS NULL";
    let mut carriers = store.prepare(sql).unwrap();
    let carriers = carriers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for carrier in carriers {
        let (notice, others): (String, u32) = carrier.unwrap();
        let gathered = format!("{notice}-{others}");
        assert!(times.remove(&gathered).or_else(|| times.remove(&notice)).is_some(), "no mail of {notice}");
    }
    assert!(times.is_empty(), "mails of nothing: {times:?}");
}

/// Who is killed between a delivery and its record delivers again, under the same id: golive has a word for that.
fn assert_twice<'a>(stage: &Stage, what: &str, times: impl Iterator<Item = &'a usize>) {
    let kills = stage.weather.lock().unwrap().get("kill -9").copied().unwrap_or(0);
    let again: usize = times.map(|times| times - 1).sum();
    assert!(again <= kills, "{what}: {again} came again, with {kills} kills");
}

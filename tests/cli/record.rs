//! The record of releases as a chain: what is added, what is told of it, and what anybody can check.

use std::process::Command;

use golive_fixtures::receiver::Receiver;
use serde_json::Value;

use crate::shop::Shop;

/// Everything is told there, each by itself.
fn told_to(sink: &Receiver) -> String {
    let tiers =
        ["urgent", "important", "general"].map(|tier| format!("[alert.{tier}]\nchannels = [\"all\"]\n"));
    let address = sink.url("");
    format!("[channel.all]\nwebhook = {{ url = \"{address}\", format = \"standard\" }}\n{}", tiers.concat())
}

fn verified(shop: &Shop, code: i32, more: &[&str]) -> Value {
    let told = shop.says(code, &[&["record", "--verify", "--json"], more].concat());
    serde_json::from_str(&told).unwrap()
}

fn openssl(arguments: &[&str]) -> bool {
    Command::new("openssl").args(arguments).output().unwrap().status.success()
}

#[test]
fn what_became_of_a_release_is_chained_told_and_verified() {
    let sink = Receiver::start();
    let shop = Shop::open(&told_to(&sink));
    shop.deploy("2", false);
    shop.says(10, &["wait", "shop"]);
    shop.eventually("it is told", || sink.posts("rollback-succeeded").len() == 1);

    let whole = verified(&shop, 0, &[]);
    assert_eq!(
        (&whole["entries"], &whole["whole"], &whole["first_bad"]),
        (&3.into(), &2.into(), &Value::Null)
    );
    let record = &sink.posts("rollback-succeeded")[0]["data"]["record"];
    assert_eq!(
        (&record["hash"], &record["seq"]),
        (&whole["head"], &whole["head_seq"]),
        "whoever has the message holds the head"
    );
    let text = sink.posts("rollback-succeeded")[0]["data"]["text"].as_str().unwrap().to_owned();
    let hash = record["hash"].as_str().unwrap();
    assert!(text.trim_end().ends_with(&format!("Record #3 {}…", &hash[..16])), "{text}");

    let told = shop.says(0, &["record", "--verify", "--head", &format!("#3 {}…", &hash[..16])]);
    assert!(told.starts_with("3 entries, 2 records whole, signed by key ") && told.contains(hash), "{told}");

    let record: Value = serde_json::from_str(&shop.says(0, &["record", "shop", "--format", "json"])).unwrap();
    let told = record["notifications"].as_array().unwrap();
    assert!(
        told.iter().any(|told| told["event"] == "rollback-succeeded" && told["channel"] == "all"),
        "{record:#}"
    );
    let journal = &verified(&shop, 0, &["shop"])["journal"];
    assert!(journal["state"] == "same" && journal["rows"].as_u64() > Some(2), "{journal}");

    let page = shop.says(0, &["--lang", "zh-CN", "record", "shop", "--format", "html"]);
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains("<svg") && !page.contains("<script"),
        "{page}"
    );
    let sums: Value = serde_json::from_str(&shop.says(0, &["releases", "--summary", "--json"])).unwrap();
    let figures = &sums[0]["figures"];
    assert_eq!((&figures["live"], &figures["change_fail_rate"]), (&1.into(), &1.0.into()), "{sums:#}");
    assert!(figures["recovery_time"].as_f64().is_some_and(|seconds| seconds > 0.0), "{sums:#}");
    assert!(figures["lead_time"].is_null(), "nobody said when it was made: {sums:#}");
    shop.says(0, &["releases", "shop", "--summary", "--since", "90d"]);
    shop.says(64, &["releases", "--since", "90d"]);

    // Somebody takes the last entry away: the rest is whole in itself, and not what was told.
    let database = rusqlite::Connection::open(shop.path("state/golive.db")).unwrap();
    database.execute("DELETE FROM chain WHERE seq = 3", []).unwrap();
    verified(&shop, 0, &[]);
    let cut = verified(&shop, 1, &["--head", hash]);
    assert_eq!(cut["first_bad"], 3, "{cut}");
    // Or writes another content into it.
    database.execute("UPDATE chain SET payload = x'7b7d' WHERE seq = 2", []).unwrap();
    let said = shop.says(1, &["record", "--verify"]);
    assert!(said.starts_with("entry #2 was changed"), "{said}");
}

#[test]
fn people_add_to_a_record_and_nothing_is_overwritten() {
    let shop = Shop::open("");
    let releases: Value = serde_json::from_str(&shop.says(0, &["releases", "--json"])).unwrap();
    let release = releases[0]["id"].as_str().unwrap();
    shop.says(0, &["record", "note", release, "the cache was *cold*", "--by", "Ada"]);
    let queue = ["record", "follow-up", release, "limit the queue"];
    shop.says(0, &[&queue[..], &["--owner", "ben", "--due", "2026-03-15"]].concat());
    let json = || -> Value {
        serde_json::from_str(&shop.says(0, &["record", release, "--format", "json"])).unwrap()
    };
    let open = json();
    assert_eq!(open["notes"][0]["text"], "the cache was *cold*");
    assert_eq!(open["follow_ups"][0]["owner"], "ben");
    assert_eq!(open["follow_ups"][0]["done"], false);
    shop.says(0, &[&queue[..], &["--done"]].concat());
    let done = json();
    let follow_up = &done["follow_ups"][0];
    assert_eq!(
        (&follow_up["owner"], &follow_up["due"], &follow_up["done"]),
        (&"ben".into(), &"2026-03-15".into(), &true.into())
    );
    assert_eq!(done["chain"].as_array().unwrap().len(), 4, "each is an entry of its own");
    let told = shop.says(0, &["record", release]);
    assert!(told.contains(r"the cache was \*cold\* (Ada") && told.contains("limit the queue; ben"), "{told}");
    let chinese = shop.says(0, &["--lang", "zh-CN", "record", release]);
    assert!(chinese.contains("存证") && chinese.contains("记录 \\#3"), "{chinese}");
    assert_eq!(verified(&shop, 0, &[])["entries"], 5);

    shop.says(2, &[&queue[..], &["--done"]].concat());
    shop.says(2, &["record", "note", "shop-9", "hm"]);
    shop.says(64, &["record", "note", release, "  "]);
    shop.says(64, &["record", "note", release, &"a".repeat(4_001)]);
    shop.says(0, &["record", "note", release, &"a".repeat(4_000)]);
    shop.says(64, &["record", "follow-up", release, "x", "--due", "tomorrow"]);
    for wrong in ["8c1e", "not-hex!", "#x 8c1e6f0a"] {
        shop.says(64, &["record", "--verify", "--head", wrong]);
    }
}

/// What was promised and is not done is told when its day is over, once, whatever becomes of golive meanwhile.
#[test]
fn an_overdue_follow_up_is_told_once() {
    let sink = Receiver::start();
    let shop = Shop::open(&told_to(&sink));
    let releases: Value = serde_json::from_str(&shop.says(0, &["releases", "--json"])).unwrap();
    let release = releases[0]["id"].as_str().unwrap();
    let say = |text: &str, more: &[&str]| {
        shop.says(0, &[&["record", "follow-up", release, text], more].concat());
    };
    say("limit the queue", &["--owner", "ben", "--due", "2026-03-15"]);
    say("buy a disk", &["--due", "9000-01-01"]);
    // What golive was killed over goes out again under the same id.
    let told = || sink.ids("follow-up-overdue").len();
    let reason = || sink.posts("follow-up-overdue").last().unwrap()["data"]["reason"].clone();
    shop.eventually("it is told", || told() == 1);
    let data = sink.posts("follow-up-overdue")[0]["data"].clone();
    assert_eq!(
        (&data["tier"], &data["service"], &data["from"]),
        (&"general".into(), &"shop".into(), &"1".into())
    );
    assert_eq!(reason(), "\"limit the queue\" (ben) was due on 2026-03-15");

    shop.kill();
    shop.start();
    // What is said later is told, and what was told before that is not.
    say("write it down", &["--due", "2026-03-16"]);
    shop.eventually("the other one is told", || told() == 2);
    assert!(
        sink.posts("follow-up-overdue")
            .iter()
            .any(|post| { post["data"]["reason"] == "\"write it down\" was due on 2026-03-16" })
    );
    say("limit the queue", &["--done"]);
    say("write it down", &["--due", "2026-03-17"]);
    shop.eventually("it has another day, which is over, too", || told() == 3);
    assert_eq!(reason(), "\"write it down\" was due on 2026-03-17");
    let record: Value =
        serde_json::from_str(&shop.says(0, &["record", release, "--format", "json"])).unwrap();
    let listed =
        record["notifications"].as_array().unwrap().iter().filter(|one| one["event"] == "follow-up-overdue");
    assert_eq!(listed.count(), 3, "{record:#}");
}

/// Commits between the tags of two versions are what a release brings, where nobody has said it: read once.
#[test]
fn what_a_release_brings_is_read_from_the_repository() {
    let dir = tempfile::TempDir::new().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(dir.path()).args(arguments);
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Ann").env(format!("GIT_{who}_EMAIL"), "ann@example.com");
        }
        assert!(git.status().unwrap().success(), "{arguments:?}");
    };
    git(&["init", "--quiet", "."]);
    for (message, tag) in [("begin", "shop-1"), ("feat: pay *by* card", "shop-2"), ("fix!: sums", "shop-3")] {
        git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        git(&["tag", tag]);
    }
    let repository = dir.path().display();
    let shop = Shop::open("[people.on-call]\nname = \"Ben\"\n");
    let content =
        format!("[service.shop]\ncontent = {{ repository = \"{repository}\", tags = \"shop-{{version}}\" }}");
    let rules = shop.rules();
    shop.reload(&rules.replace("[service.shop]", &content.replace(&repository.to_string(), "/nowhere")));
    let checked = shop.golive(&["check"]);
    let checked = String::from_utf8([checked.stdout, checked.stderr].concat()).unwrap();
    assert!(checked.contains("there is no git repository at /nowhere"), "{checked}");
    shop.reload(&rules.replace("[service.shop]", &content));
    let record =
        || -> Value { serde_json::from_str(&shop.says(0, &["record", "shop", "--format", "json"])).unwrap() };
    let read = |version: &str| {
        shop.eventually("it is accepted", || {
            let record = record();
            record["version"] == version && record["state"] == "accepted"
        });
        record()
    };
    shop.deploy("2", true);
    let told = read("2");
    let commits = &told["commits"];
    assert_eq!((&commits["since"], &commits["why"]), (&"1".into(), &Value::Null), "{told:#}");
    assert_eq!(commits["commits"][0]["subject"], "pay *by* card");
    assert_eq!(told["people"]["to_call"][0]["name"], "Ben", "{told:#}");
    let text = shop.says(0, &["record", "shop"]);
    assert!(text.contains(r"**New features**: pay \*by\* card ("), "{text}");

    // What was said needs no repository.
    shop.says(0, &["release", "shop", "3", "--fix", "the sums are right"]);
    shop.deploy("3", true);
    let told = read("3");
    assert_eq!(
        (&told["commits"], &told["fixes"][0]),
        (&Value::Null, &"the sums are right".into()),
        "{told:#}"
    );

    // No tag: said, and no error. What was read before is not read again.
    shop.deploy("4", true);
    let told = read("4");
    assert!(told["commits"]["why"].as_str().unwrap().ends_with("no tag shop-4"), "{told:#}");
    git(&["tag", "--delete", "shop-2"]);
    let releases: Value = serde_json::from_str(&shop.says(0, &["releases", "--json"])).unwrap();
    let second = releases.as_array().unwrap().iter().find(|release| release["version"] == "2").unwrap();
    let id = second["id"].as_str().unwrap();
    let again: Value = serde_json::from_str(&shop.says(0, &["record", id, "--format", "json"])).unwrap();
    assert_eq!(again["commits"]["commits"][0]["kind"], "feature");
    assert_eq!(verified(&shop, 0, &[id])["journal"]["state"], "same");
}

/// Nobody needs golive to check what it signed.
#[test]
fn an_envelope_is_verified_by_openssl() {
    let shop = Shop::open("");
    let envelope: Value =
        serde_json::from_str(&shop.says(0, &["record", "shop", "--format", "dsse"])).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    let file = |name: &str| shop.path(name).display().to_string();
    for (name, base64) in [("payload", &envelope["payload"]), ("sig", &envelope["signatures"][0]["sig"])] {
        shop.write("base64", &format!("{}\n", base64.as_str().unwrap()));
        assert!(openssl(&["base64", "-d", "-A", "-in", &file("base64"), "-out", &file(name)]));
    }
    let payload = std::fs::read_to_string(shop.path("payload")).unwrap();
    let statement: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert!(!statement["subject"][0]["digest"]["sha256"].as_str().unwrap().is_empty());
    assert_eq!(statement["predicate"]["kind"], "accepted");
    assert_eq!(statement["predicate"]["content"]["record"]["result"], "success", "{statement:#}");
    shop.write("key.pem", &shop.says(0, &["record", "--public-key"]));
    let verifies = |payload: &str| {
        let kind = "application/vnd.in-toto+json";
        shop.write("pae", &format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len()));
        let (key, pae, sig) = (file("key.pem"), file("pae"), file("sig"));
        let with = ["-inkey", &key, "-in", &pae, "-sigfile", &sig];
        openssl(&[&["pkeyutl", "-verify", "-pubin", "-rawin"], &with[..]].concat())
    };
    assert!(verifies(&payload));
    assert!(!verifies(&payload.replace("accepted", "rejected")));

    // All of it, for a place that golive cannot write to; again into the same place is the same.
    let export = file("export");
    for _ in 0..2 {
        verified(&shop, 0, &["--export", &export]);
    }
    let mut names: Vec<String> = std::fs::read_dir(&export)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["000001-key.dsse.json", "000001-key.pem", "000002-accepted.dsse.json"]);
    std::fs::write(shop.path("export/000002-accepted.dsse.json"), "{}").unwrap();
    let differs = shop.golive(&["record", "--verify", "--export", &export]);
    assert_eq!(differs.status.code(), Some(1), "{differs:?}");
    assert!(String::from_utf8_lossy(&differs.stderr).contains("other content"), "{differs:?}");
}

//! Secrets are used and never shown, and what others write does nothing where it is shown.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use golive_fixtures::receiver::Receiver;
use serde_json::Value;
use tempfile::TempDir;

use crate::shop::Shop;

/// What must be nowhere but in the requests themselves.
const PLANTED: [&str; 5] = [
    "PLANTEDaddress0123456789",
    "PLANTEDquery0123456789",
    "PLANTEDtelegram0123456789abcdefghijk",
    "PLANTEDntfy0123456789",
    "PLANTEDbearer0123456789",
];

/// What a service may say to drive a terminal, or to look like something else.
const HOSTILE: &str = "2\u{1b}[31m\u{7}\u{202e}<script>evil</script>\u{9b}2J";

/// Answers every request with an error that repeats all of the request.
fn parrot() -> Receiver {
    Receiver::answering(|request| ("500 Broken", format!("{}{}", request.head, request.body)))
}

fn secret(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn rules(dir: &Path, address: &str) -> String {
    let [path, query, telegram, ntfy, bearer] = PLANTED;
    let hook = secret(dir, "hook", &format!("http://{address}/hooks/{path}?key={query}"));
    let signing = secret(dir, "signing", "whsec_UExBTlRFRHNpZ25pbmcwMTIzNDU2Nzg5");
    let telegram = secret(dir, "telegram", &format!("123456:{telegram}"));
    let (ntfy, bearer) = (secret(dir, "ntfy", ntfy), secret(dir, "bearer", bearer));
    format!(
        r#"
[prometheus]
url = "http://{address}"
bearer-token-file = "{bearer}"
[rule.lag]
query = "lag"
above = 1
[channel.hook]
webhook = {{ url-file = "{hook}", secret-file = "{signing}" }}
[channel.telegram]
webhook = {{ format = "telegram", url = "http://{address}", chat-id = "-1", token-file = "{telegram}" }}
[channel.ntfy]
webhook = {{ format = "ntfy", url = "http://{address}/topic", token-file = "{ntfy}" }}
[alert.urgent]
channels = ["hook", "ntfy", "telegram"]
[alert.important]
channels = ["hook", "ntfy", "telegram"]
[alert.general]
channels = ["hook", "ntfy", "telegram"]
"#
    )
}

/// Every channel has been tried.
fn all_tried(log: &str) -> bool {
    let log: Value = serde_json::from_str(log).unwrap_or_default();
    let deliveries = log.as_array().cloned().unwrap_or_default();
    let tried = deliveries.iter().filter(|delivery| delivery["response"].is_string());
    let channels: BTreeSet<&str> = tried.filter_map(|delivery| delivery["channel"].as_str()).collect();
    channels.len() == 3
}

#[test]
fn a_secret_is_nowhere_and_hostile_words_do_nothing() {
    let parrot = parrot();
    let secrets = TempDir::new().unwrap();
    let shop = Shop::open(&rules(secrets.path(), &parrot.address));
    shop.kill();
    let mut daemon = shop.command(&["daemon"]);
    daemon.env("GOLIVE_LOG", "debug");
    shop.spawn_as(daemon);
    shop.until("the daemon is back", |shop| shop["accepted"]["version"] == "1");
    shop.deploy(HOSTILE, false);
    shop.until("it is rolled back", |shop| shop["decided"]["state"] == "rolled-back");
    shop.eventually("every channel was tried", || all_tried(&shop.says(0, &["notify", "log", "--json"])));
    let release = shop.status()["decided"]["release"].as_str().unwrap().to_owned();
    let mut shown = Vec::new();
    for arguments in [
        vec!["status"],
        vec!["status", "--json"],
        vec!["incidents"],
        vec!["incidents", "--json"],
        vec!["releases"],
        vec!["notify", "log"],
        vec!["notify", "log", "--json"],
        vec!["notify", "test"],
        vec!["check", "--online"],
        vec!["explain", &release],
        vec!["record", &release],
        vec!["record", &release, "--format", "json"],
    ] {
        let output = shop.golive(&arguments);
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!text.is_empty(), "{arguments:?}");
        let drives = |c: &char| c.is_control() && *c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert_eq!(text.chars().find(drives), None, "{arguments:?} drives a terminal: {text:?}");
        shown.push((arguments.join(" "), text));
    }
    let record = &shown.iter().find(|(what, _)| what.starts_with("record")).unwrap().1;
    assert!(!record.contains("<script>"), "{record}");
    shop.kill();
    shown.push(("the log".to_owned(), shop.logged()));
    for file in fs::read_dir(shop.path("state")).unwrap() {
        let path = file.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        shown.push((path.display().to_string(), text));
    }
    let heard: String = parrot.requests().into_iter().map(|request| request.head + &request.body).collect();
    for planted in PLANTED {
        assert!(heard.contains(planted), "{planted} was never used, so this test shows nothing");
        for (what, text) in &shown {
            assert!(!text.contains(planted), "{planted} is in {what}:\n{text}");
        }
    }
}

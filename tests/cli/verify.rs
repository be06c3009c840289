//! The acceptance run, as a person or a CI job starts it.

use std::process::Command;

use golive_fixtures::daemon::program;
use golive_fixtures::receiver::Receiver;
use serde_json::Value;
use tempfile::TempDir;

use crate::rules;

/// Rules, and a service that answers everything with 200.
struct Place {
    dir: TempDir,
    rules: String,
}

impl Place {
    fn new(acceptance: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().display().to_string();
        let served = Receiver::answering(|_| ("200 OK", String::new())).url("");
        let text = format!(
            "[state]\ndir = \"{path}/state\"\n\
             [service.shop]\ncommand = {{ version = [\"echo\", \"1.4\"], rollback = [\"true\"] }}\n\
             [service.shop.health.up]\ncommand = [\"true\"]\n{}",
            acceptance.replace("ADDRESS", &served).replace("PATH", &path)
        );
        let rules = rules(dir.path(), &text);
        Self { dir, rules }
    }

    /// The exit code, and what was printed on both outputs.
    fn verify(&self, more: &[&str]) -> (i32, String, String) {
        let output =
            Command::new(program()).args(["--config", &self.rules, "verify", "shop"]).args(more).output();
        let output = output.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }
}

const ALL: &str = r#"
[service.shop.acceptance.home]
url = "ADDRESS/"
max-latency = "1s"
times = 3
[service.shop.acceptance.hidden]
url = "ADDRESS"
not-served = ["/.env"]
[service.shop.acceptance.backup]
file-age = { path = "PATH", below = "1h" }
group = "monitoring"
[service.shop.acceptance.engine]
docker = true
"#;

#[test]
fn each_item_is_told_as_it_ends_and_all_of_them_decide() {
    let place = Place::new(&ALL.replace("docker = true", "command = [\"true\"]"));
    let (code, told, _) = place.verify(&[]);
    assert_eq!(code, 1, "{told}");
    let line = |name: &str| told.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line("home").starts_with("pass     performance  home    "), "{told}");
    assert!(line("home").contains(", allowed 1 s: P95 of 3 answers "), "{told}");
    assert_eq!(line("hidden"), "FAIL     security     hidden  served: /.env (200)");
    assert!(told.ends_with("3 pass, 1 fail, 0 could not be told\n"), "{told}");
    assert!(!told.contains('\u{1b}'), "colour is for terminals");
    // One of them alone.
    assert_eq!(place.verify(&["--only", "home", "--local"]).0, 0);
    let (code, _, error) = place.verify(&["--only", "hiden"]);
    assert_eq!(code, 64);
    assert!(error.contains("there is no item of shop named hiden; did you mean hidden?"), "{error}");
}

#[test]
fn programs_read_it_as_json_or_as_junit_does() {
    let place = Place::new(ALL);
    let (code, told, _) = place.verify(&["--json"]);
    let document: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &document["result"], &document["version"]), (1, &"fail".into(), &"1.4".into()));
    let items = document["items"].as_array().unwrap();
    let names: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["engine", "home", "hidden", "backup"], "by group");
    let outcomes: Vec<&str> = items.iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["no-data", "pass", "fail", "pass"]);
    let home = &items[1];
    assert_eq!(
        (&home["unit"], &home["limit"], &home["figures"]["answered"]),
        (&"seconds".into(), &1.0.into(), &3.into())
    );
    assert!(home["value"].as_f64().unwrap() <= 1.0, "{home}");

    let file = place.dir.path().join("junit.xml");
    let (code, told, _) = place.verify(&["--junit", &file.display().to_string()]);
    assert_eq!(code, 1, "{told}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{written}");
}

#[test]
fn what_cannot_be_told_is_neither_right_nor_wrong() {
    let place = Place::new("[service.shop.acceptance.engine]\ndocker = true\n");
    let (code, told, _) = place.verify(&[]);
    assert_eq!(code, 3, "{told}");
    assert!(told.starts_with("no data  function  engine  "), "{told}");
    assert!(told.ends_with("0 pass, 0 fail, 1 could not be told\n"), "{told}");
    let nothing = Place::new("");
    let (code, _, error) = nothing.verify(&[]);
    assert_eq!(code, 64);
    assert!(error.contains("write [service.shop.acceptance.NAME] with a check"), "{error}");
    // A disk that takes nothing more is no passed run.
    let full = Place::new("[service.shop.acceptance.up]\ncommand = [\"true\"]\n");
    let (code, _, error) = full.verify(&["--junit", "/dev/full"]);
    assert_ne!(code, 0);
    assert!(error.contains("write /dev/full"), "{error}");
}

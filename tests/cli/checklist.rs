//! The checklist before a release, as people and a CI job work on it.

use golive_fixtures::receiver::Receiver;
use serde_json::Value;

use crate::shop::Shop;
use crate::store::told_to;

const ITEMS: &str = r#"
[service.shop.checklist.tests]
phase = "code"
text = "unit tests pass"
report = { junit = "ci/{version}/junit.xml", pass-rate = "90%" }
[service.shop.checklist.lint]
phase = "code"
command = ["grep", "-qx", "{version}", "linted"]
[service.shop.checklist.review]
phase = "security"
text = "the change was reviewed"
manual = true
by = ["lead"]
four-eyes = true
[people.lead]
name = "Ada"
"#;

fn shop(more: &str) -> Shop {
    let shop = Shop::open(more);
    let dir = shop.dir().display().to_string();
    let items = ITEMS.replace("linted", &format!("{dir}/linted"));
    shop.replace_in_rules("[service.shop]\n", "[service.shop]\nrequire-checklist = true\n");
    let rules = std::fs::read_to_string(shop.path("rules.toml")).unwrap();
    shop.reload(&format!("{rules}{items}"));
    shop.eventually("the checklist is known", || {
        let seen = shop.golive(&["checklist", "shop", "--version", "2", "--show"]);
        String::from_utf8_lossy(&seen.stdout).contains("review")
    });
    shop
}

fn junit(shop: &Shop, version: &str, failed: usize) {
    let case = |number: usize| {
        let inner = if number < failed { "<failure/>" } else { "" };
        format!("<testcase name='t{number}'>{inner}</testcase>")
    };
    let cases: String = (0..10).map(case).collect();
    let place = shop.path(&format!("ci/{version}"));
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("junit.xml"), format!("<testsuite>{cases}</testsuite>")).unwrap();
}

fn line<'a>(told: &'a str, name: &str) -> &'a str {
    told.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} is not in:\n{told}"))
}

#[test]
fn a_release_waits_until_everything_is_shown_and_signed() {
    let shop = shop("");
    let told = shop.says(1, &["checklist", "shop", "--version", "2"]);
    assert_eq!(line(&told, "tests"), "no data  code      tests   there is no such file");
    assert!(line(&told, "lint").starts_with("FAIL     code      lint "), "{told}");
    assert_eq!(line(&told, "review"), "open     security  review  the change was reviewed");
    assert!(told.ends_with(
        "code 0 of 2, security 0 of 1\nthe checklist of 2 is not complete; open: lint, tests, review\n"
    ));
    let refused = shop.golive(&["release", "shop", "2", "--by", "Grace"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{why}");
    assert!(why.contains("the checklist of 2 is not complete; open: lint, review, tests"), "{why}");

    junit(&shop, "2", 1);
    shop.write("linted", "2\n");
    let told = shop.says(1, &["checklist", "shop"]);
    assert_eq!(line(&told, "tests"), "pass     code      tests   90 %, wanted 90 %");
    // Of the version that was worked on last, by whom it is left to.
    let refused = shop.golive(&["checklist", "shop", "sign", "review", "--by", "Mallory"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), why.contains("but by one of: Ada, lead")), (Some(2), true), "{why}");
    let sign = ["checklist", "shop", "sign", "review", "--by", "Ada", "--evidence", "https://git.example/7"];
    assert_eq!(shop.says(0, &sign), "the checklist of 2 is complete\n");
    // Whoever is responsible is not the other pair of eyes.
    let refused = shop.golive(&["release", "shop", "2", "--by", "Ada"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("review was signed by Ada, who is also responsible"), "{why}");
    shop.says(0, &["release", "shop", "2", "--by", "Grace"]);
    shop.deploy("2", true);
    shop.says(0, &["wait", "shop"]);
    // A version of its own has a checklist of its own.
    let other = shop.says(1, &["checklist", "shop", "--version", "3", "--show"]);
    assert!(other.contains("code 0 of 2, security 0 of 1"), "{other}");
}

#[test]
fn programs_read_it_and_builds_push_their_reports() {
    let shop = shop("");
    junit(&shop, "elsewhere", 3);
    let file = shop.path("ci/elsewhere/junit.xml").display().to_string();
    let attach = ["checklist", "shop", "--version", "2", "attach", &file];
    let told = shop.says(1, &attach);
    assert!(told.contains("junit.xml is the report of tests"), "{told}");
    let json = shop.says(1, &["checklist", "shop", "--version", "2", "--show", "--json"]);
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&document["result"], &document["version"]), (&"fail".into(), &"2".into()));
    let tests = &document["items"][1];
    assert_eq!(
        (&tests["name"], &tests["kind"], &tests["outcome"]),
        (&"tests".into(), &"report".into(), &"fail".into())
    );
    assert_eq!(
        (&tests["value"], &tests["limit"], &tests["unit"]),
        (&0.7.into(), &0.9.into(), &"ratio".into())
    );
    assert_eq!(tests["message"], "3 of 10 tests failed, t0 first");
    assert_eq!(document["items"][2]["kind"], "manual");
    let until = ["--why", "fixed in 3", "--until", "2999-01-01"];
    shop.says(0, &[&["checklist", "shop", "waive", "tests"], until.as_slice()].concat());
    let told = shop.says(1, &["checklist", "shop", "--show"]);
    assert!(line(&told, "tests").contains("waived by "), "{told}");
    assert!(line(&told, "tests").contains("until 2999-01-02T00:00:00Z: fixed in 3"), "{told}");
    let written = shop.path("junit.xml").display().to_string();
    shop.says(1, &["checklist", "shop", "--show", "--junit", &written]);
    let written = std::fs::read_to_string(&written).unwrap();
    assert!(written.contains("name=\"golive checklist shop\" tests=\"3\" failures=\"2\""), "{written}");
    shop.says(64, &["checklist", "shop", "--phase", "cod"]);
    shop.says(64, &["checklist", "shop", "attach", "/etc/passwd"]);
    shop.says(64, &["checklist", "nothing"]);
}

#[test]
fn a_release_in_spite_of_it_is_told_or_overridden() {
    let sink = Receiver::start();
    let shop = shop(&told_to(&sink));
    let told = || sink.posts("released-without-checklist").len();
    shop.deploy("2", true);
    shop.eventually("it is told", || told() == 1);
    shop.says(0, &["wait", "shop"]);
    shop.says(0, &["release", "shop", "--version", "3", "--override", "the shop is down", "--hotfix"]);
    shop.deploy("3", true);
    shop.says(0, &["wait", "shop"]);
    assert_eq!(told(), 1, "who overrides it has said so");
}

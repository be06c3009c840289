//! The guide's own service, from the checklist to the record, by the very files of `examples/football`.

use std::fmt::Write as _;
use std::path::Path;

use golive_fixtures::until::calm;
use serde_json::Value;

mod stage;

use stage::Football;

/// What CI leaves of a version: its reports, of which that of the coverage is attached by hand.
fn built(football: &Football, version: &str) {
    let place = football.daemon.path(&format!("ci/{version}"));
    std::fs::create_dir_all(&place).unwrap();
    let cases = (1..=240).fold(String::new(), |mut all, n| {
        write!(all, "<testcase classname=\"model\" name=\"t{n}\"/>").unwrap();
        all
    });
    std::fs::write(place.join("junit.xml"), format!("<testsuite>{cases}</testsuite>")).unwrap();
    let tool = r#"{"driver": {"name": "a scanner", "rules": []}}"#;
    let clean = format!(r#"{{"version": "2.1.0", "runs": [{{"tool": {tool}, "results": []}}]}}"#);
    for report in ["lint.sarif", "scan.sarif"] {
        std::fs::write(place.join(report), &clean).unwrap();
    }
    let coverage = r#"<coverage line-rate="0.91" lines-covered="910" lines-valid="1000" version="1"><packages/></coverage>"#;
    std::fs::write(football.daemon.path("coverage.xml"), coverage).unwrap();
}

/// The checklist of a version is worked on until it is complete.
fn checked(football: &Football, version: &str) {
    let of = ["checklist", "football", "--version", version];
    built(football, version);
    let first = football.golive(&of);
    let told = String::from_utf8_lossy(&first.stdout).into_owned();
    assert_eq!(first.status.code(), Some(1), "{told}");
    for phase in ["code 3 of 6", "infrastructure 4 of 6", "security 3 of 5", "performance 3 of 5"] {
        assert!(told.contains(phase), "no {phase} in {told}");
    }
    let refused = football.golive(&["release", "football", version, "--by", "Lin Wei"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");

    let attached = football.says(0, &["checklist", "football", "attach", "coverage.xml"]);
    assert!(attached.contains("coverage.xml is the report of test-coverage"), "{attached}");
    football.says(0, &["checklist", "football", "sign", "migrations", "--by", "Lin Wei"]);
    for item in ["integration", "production-config", "api-keys", "database-access", "baseline"] {
        football.says(0, &["checklist", "football", "sign", item, "--by", "Zhao Min"]);
    }
    let seen = ["--note", "50 requests per second for an hour", "--evidence", "https://ci.example.com/7"];
    football.says(
        0,
        &[&["checklist", "football", "sign", "stress-test", "--by", "Chen Jie"], &seen[..]].concat(),
    );
    let waived = ["--why", "the script is rewritten", "--until", "2999-01-01", "--by", "Zhao Min"];
    let told =
        football.says(0, &[&["checklist", "football", "waive", "stress-test-ready"], &waived[..]].concat());
    assert_eq!(told, format!("the checklist of {version} is complete\n"));
}

/// A version is announced, deployed, and waited for; the exit code of `golive release --wait`.
fn released(football: &Football, version: &str, wrong: &[&str], content: &[&str]) -> i32 {
    football.build(version, wrong);
    checked(football, version);
    let announce = ["release", "football", version, "--by", "Lin Wei", "--with", "Zhao Min", "--wait"];
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| football.golive(&[&announce[..], content].concat()));
        football.daemon.eventually("it is announced", || {
            football.daemon.everything().to_string().contains("announced") || waits.is_finished()
        });
        football.up(version);
        waits.join().unwrap().status.code().unwrap()
    })
}

/// A good version is released and accepted; which one. A load cannot be told on a machine that others keep busy: the next one
/// is tried then, twice.
fn good(football: &Football, content: &[&str]) -> &'static str {
    for version in ["1.1.0", "1.1.1", "1.1.2"] {
        calm();
        if released(football, version, &[], content) == 0 {
            return version;
        }
        let record = football.record();
        let untold = items(&record, "no-data");
        assert_eq!((items(&record, "fail"), untold.as_slice()), (vec![], &["load"][..]), "{record:#}");
    }
    panic!("this machine is too busy to tell whether it bears a load");
}

/// Names of the acceptance items that ended so.
fn items<'a>(record: &'a Value, outcome: &str) -> Vec<&'a str> {
    let items = record["acceptance"]["items"].as_array().unwrap().iter();
    let items = items.filter(|item| item["outcome"] == outcome);
    items.map(|item| item["name"].as_str().unwrap()).collect()
}

/// What the guide asks of a record (G8.1 to G8.4), in both languages.
fn recorded(football: &Football, of: &Told<'_>) {
    let english = football.says(0, &["record"]);
    let chinese = football.says(0, &["record", "--lang", "zh-CN"]);
    // For people who want to read what people read.
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (language, text) in [("en", &english), ("zh-CN", &chinese)] {
        std::fs::write(place.join(format!("football-{}-{language}.md", of.result.0)), text).unwrap();
        let page = football.says(0, &["record", "--format", "html", "--lang", language]);
        std::fs::write(place.join(format!("football-{}-{language}.html", of.result.0)), page).unwrap();
    }
    let has = |text: &str, wanted: &[&str]| {
        for words in wanted {
            assert!(text.contains(words), "no `{words}` in:\n{text}");
        }
    };
    has(
        &english,
        &[&format!("**Version**: {}", of.version), "**Responsible**: Lin Wei", "**Participants**: Zhao Min"],
    );
    has(&chinese, &[&format!("**版本**：{}", of.version), "**负责人**：Lin Wei", "**参与人员**：Zhao Min"]);
    has(&english, &["**Live at**: 20", "Asia/Shanghai (UTC+08:00)", of.content, "## Verification"]);
    has(&chinese, &["**上线时间**：20", "Asia/Shanghai", of.content, "## 验证结果"]);
    has(
        &english,
        &[
            &format!("**Status**: {}", of.result.0),
            "**Follow-up",
            "## Checklist",
            "waived: the script is rewritten",
        ],
    );
    has(
        &chinese,
        &[
            &format!("**状态**：{}", of.result.1),
            "**后续跟进",
            "## 上线前检查清单",
            "已豁免：the script is rewritten",
        ],
    );
    has(&english, of.english);
    has(&chinese, of.chinese);
    let json: Value = serde_json::from_str(&football.says(0, &["record", "--format", "json"])).unwrap();
    assert_eq!(json["result"], of.result.0);
}

/// A version, and what is to be read of it.
struct Told<'a> {
    version: &'a str,
    content: &'a str,
    result: (&'a str, &'a str),
    english: &'a [&'a str],
    chinese: &'a [&'a str],
}

#[test]
fn alone_the_guides_service_from_its_checklist_to_its_record() {
    let football = Football::new();
    football.build("1.0.0", &[]);
    football.up("1.0.0");
    football.migrated("1.0.0");
    football.adopted("1.0.0");
    football.says(0, &["check", "--online"]);

    let content = "predictions of the second league";
    let good = good(&football, &["--feature", content, "--fix", "draws add up"]);
    let groups =
        ["**Function**: passed", "**Performance**: passed", "**Security**: passed", "**Monitoring**: passed"];
    let chinese = ["**功能验证**：通过", "**性能验证**：通过", "**安全验证**：通过", "**监控验证**：通过"];
    let result = ("success", "成功");
    recorded(&football, &Told { version: good, content, result, english: &groups, chinese: &chinese });

    let content = "a model of this season";
    assert_eq!(released(&football, "1.2.0", &["ACCURACY=0.31"], &["--improvement", content]), 10);
    assert_eq!(football.answers(), good);
    football.daemon.eventually("people were told by mail", || {
        football.mail.subjects().iter().any(|subject| subject.contains("rolled back"))
    });
    let begun = football.chat.posts("rollback-started").remove(0)["data"].clone();
    assert_eq!(
        (&begun["trigger"], &begun["value"], &begun["limit"]),
        (&"accuracy".into(), &0.31.into(), &0.5.into())
    );
    let (english, chinese) =
        (["**Problem**: accuracy is 0.31"], ["**发现的问题**：关键业务指标 accuracy 为 0.31"]);
    let result = ("failure", "失败");
    recorded(&football, &Told { version: "1.2.0", content, result, english: &english, chinese: &chinese });

    let content = "the model was trained on the wrong season";
    assert_eq!(released(&football, "1.2.1", &["SLOW=0.9"], &["--fix", content]), 11);
    let short = items(&football.record(), "fail").join(" ");
    assert!(
        short.contains("predictions") && short.contains("watch-p95") && !short.contains("health"),
        "{short}"
    );
    football.says(0, &["accept", "football", "--reason", "slower, and right"]);
    let english = ["**Function**: not passed", "**Security**: passed", "slower, and right"];
    let chinese = ["**功能验证**：未通过", "**安全验证**：通过", "slower, and right"];
    let result = ("partial success", "部分成功");
    recorded(&football, &Told { version: "1.2.1", content, result, english: &english, chinese: &chinese });

    let drill = football.says(0, &["drill", "football", "--level", "steps"]);
    assert_eq!(drill, "football: 1.2.1 could be gone back to, and it was made anew beside it\n");
    assert!(football.says(0, &["record", "--lang", "zh-CN"]).contains("## 回滚演练"));
    let whole = football.says(0, &["record", "--verify"]);
    assert!(whole.contains("records whole, signed by key"), "{whole}");
}

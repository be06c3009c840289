use std::fs::write;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::config::check::Severity;
use crate::model::figure::Unit;

fn blind(path: &Path, wanted: Reported) -> String {
    judged(path, wanted).unwrap_err()
}

/// What is found in a report of this text.
fn found(text: &str, wanted: Reported) -> Result<(Outcome, Figure), String> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("report");
    write(&path, text).unwrap();
    judged(&path, wanted)
}

fn ratio(part: f64, limit: f64) -> Figure {
    Figure { value: part, limit: Some(limit), unit: Unit::Ratio }
}

fn junit(percent: u32) -> Reported {
    Reported::Junit { pass_rate: Ppm(percent * 10_000) }
}

const SARIF: Reported = Reported::Sarif { none_of: Severity::High };
const LCOV: Reported = Reported::Lcov { lines: Ppm(800_000) };
const COBERTURA: Reported = Reported::Cobertura { lines: Ppm(800_000) };

/// Nine tests of which one is skipped and one fails; as `pytest` and Maven's Surefire nest and name them.
const TESTS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="9" time="0.1">
<testcase classname="t" name="a" time="0.001" /><testcase classname="t" name="b"/><testcase classname="t" name="c"/>
<testcase name="d"><system-out>&lt;failure/&gt; &unknown; </system-out></testcase>
<testcase name="e"><properties><property name="failure" value="x"/></properties></testcase>
<testcase name="f"><flakyFailure message="at the second time it passed">x</flakyFailure></testcase>
<testcase name="g"><skipped type="pytest.skip" message="not here">x</skipped></testcase>
<testcase name="broken"><failure message="assert 1 == 2"><![CDATA[<testcase name="no"/>]]></failure></testcase>
<testcase name="h"/></testsuite></testsuites>"#;

#[test]
fn tests_are_counted() {
    let (outcome, figure) = found(TESTS, junit(100)).unwrap();
    assert_eq!(outcome, Outcome::Failed("1 of 8 tests failed, broken first".to_owned()));
    assert_eq!(figure, ratio(0.875, 1.0));
    // At the limit, and a hundredth above it.
    assert_eq!(found(TESTS, Reported::Junit { pass_rate: Ppm(875_000) }).unwrap().0, Outcome::Ok);
    assert!(matches!(found(TESTS, Reported::Junit { pass_rate: Ppm(875_001) }), Ok((Outcome::Failed(_), _))));
}

#[test]
fn what_a_runner_writes_otherwise_is_counted_too() {
    let passed = |text: &str| found(text, junit(100)).map(|(outcome, _)| outcome);
    let one = |inner: &str| passed(&format!("<testsuite><testcase name='a'>{inner}</testcase></testsuite>"));
    assert_eq!(one(""), Ok(Outcome::Ok));
    assert_eq!(one("<error/>"), Ok(Outcome::Failed("1 of 1 tests failed, a first".to_owned())));
    // A test that failed and was skipped in its teardown has failed.
    assert!(matches!(one("<failure/><skipped/>"), Ok(Outcome::Failed(_))));
    assert!(matches!(one("<skipped/><error/>"), Ok(Outcome::Failed(_))));
    assert_eq!(one("<skipped/>"), Err("no test was run; 1 were skipped".to_owned()));
    let not_run = "<testsuites><testsuite><testcase status='notrun' name='x'/><testcase status='run' name='y'/>\
                   </testsuite></testsuites>";
    assert_eq!(passed(not_run), Ok(Outcome::Ok));
    let setup = "<testsuite><error message='no database'/><testcase name='a'/></testsuite>";
    assert_eq!(passed(setup), Ok(Outcome::Failed("1 of 2 tests failed".to_owned())));
    let prefixed = "<j:testsuite xmlns:j='x'><j:testcase name='a'><j:failure/></j:testcase></j:testsuite>";
    assert!(matches!(passed(prefixed), Ok(Outcome::Failed(_))));
}

#[test]
fn what_is_no_report_could_not_be_told() {
    let why = |text: &str, wanted| found(text, wanted).unwrap_err();
    for (text, told) in [
        ("", "it is empty"),
        ("<testsuite></testsuite>", "no test was run; 0 were skipped"),
        (&TESTS[..TESTS.len() - 40], "it ends in the middle"),
        ("<coverage line-rate='1'/>", "it is no JUnit report: it begins with <coverage>"),
        ("{\"version\": \"2.1.0\"}", "it is empty"),
        ("<testsuite><testcase></testsuite>", "it is not XML"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><testsuite>&a;</testsuite>", "it declares entities of its own"),
    ] {
        let why = why(text, junit(100));
        assert!(why.starts_with(told), "{text}: {why}");
    }
    let nested = |depth: usize| format!("{}{}", "<testsuite>".repeat(depth), "</testsuite>".repeat(depth));
    assert_eq!(why(&nested(64), junit(100)), "no test was run; 0 were skipped");
    assert_eq!(why(&nested(65), junit(100)), "its elements are nested more than 64 deep");
    for (text, told) in [
        ("", "it ends in the middle"),
        ("{\"version\": \"2.1.0\", \"runs\": [", "it ends in the middle"),
        ("{\"version\": \"2.0.0\", \"runs\": []}", "it is SARIF 2.0.0; 2.1.0 is read"),
        ("{\"version\": \"2.1.0\", \"runs\": []}", "no run of a tool is in it"),
        ("[]", "it is no SARIF"),
        (&"[".repeat(200_000), "it is no SARIF"),
    ] {
        let why = why(text, SARIF);
        assert!(why.starts_with(told), "{}: {why}", &text[..text.len().min(60)]);
    }
    assert_eq!(why("", LCOV), "it covers no line at all");
    assert_eq!(why("SF:a\nDA:1,1\n", LCOV), "it ends in the middle");
    assert_eq!(why("hello\n", LCOV), "it is no LCOV tracefile");
    assert_eq!(why("SF:a\nLF:x\nend_of_record\n", LCOV), "LF is not followed by a number");
    assert_eq!(why("SF:a\nLF:1\nLH:2\nend_of_record\n", LCOV), "it covers more lines than there are");
    assert_eq!(why("<coverage/>", COBERTURA), "it has no line-rate");
    assert_eq!(why("<coverage line-rate='NaN'/>", COBERTURA), "its line-rate is not from 0 to 1");
    assert_eq!(
        why("<coverage lines-valid='&a;' line-rate='1'/>", COBERTURA),
        "its lines-valid is not a number"
    );
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let dir = TempDir::new().unwrap();
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe, dir.path().to_owned(), PathBuf::from("/dev/zero")] {
        assert_eq!(blind(&path, junit(100)), "it is no plain file", "{}", path.display());
    }
    assert_eq!(blind(&dir.path().join("none"), junit(100)), "there is no such file");
    let large = dir.path().join("large");
    let file = File::create(&large).unwrap();
    file.set_len(MOST).unwrap();
    assert!(!blind(&large, junit(100)).contains("at most"), "{}", blind(&large, junit(100)));
    file.set_len(MOST + 1).unwrap();
    assert_eq!(blind(&large, junit(100)), format!("it has {} bytes; at most {MOST} are read", MOST + 1));
}

#[test]
fn coverage_is_that_of_all_files() {
    let two = "TN:\nSF:a.rs\nDA:1,5\nDA:2,0\nLF:2\nLH:1\nend_of_record\nSF:b.rs\nDA:1,1\nDA:2,1\nDA:3,=5\nend_of_record\n";
    let (outcome, figure) = found(two, LCOV).unwrap();
    assert_eq!((outcome, figure), (Outcome::Ok, ratio(0.8, 0.8)));
    let (outcome, figure) = found("SF:a\nLF:1000\nLH:799\nend_of_record\n", LCOV).unwrap();
    assert_eq!(outcome, Outcome::Failed("799 of 1000 lines are covered".to_owned()));
    assert_eq!(figure, ratio(0.799, 0.8));
    let head = "<?xml version=\"1.0\" ?><!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>";
    let counts = format!(
        "{head}<coverage lines-valid=\"10\" lines-covered=\"8\" line-rate=\"0.1\"><packages/></coverage>"
    );
    assert_eq!(found(&counts, COBERTURA).unwrap(), (Outcome::Ok, ratio(0.8, 0.8)));
    let rate = format!("{head}<coverage line-rate=\"0.7999\"></coverage>");
    let (outcome, _) = found(&rate, COBERTURA).unwrap();
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!(found("<coverage line-rate='0.8'/>", COBERTURA).unwrap().0, Outcome::Ok);
}

/// Findings as Trivy, Semgrep, gosec and `CodeQL` write them: by score of the rule, by score of the finding, by level, by the
/// rule's level, suppressed, gone, and of another kind.
#[test]
fn findings_are_counted_by_severity() {
    let log = |results: &str| {
        format!(
            r#"{{"$schema": "x", "version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Trivy", "rules": [
            {{"id": "CVE-1", "properties": {{"security-severity": "9.8"}}}},
            {{"id": "CVE-2", "properties": {{"security-severity": 6.9}}}},
            {{"id": "lint", "defaultConfiguration": {{"level": "error"}}}}]}}}}, "results": [{results}]}}]}}"#
        )
    };
    let judged = |results: &str| found(&log(results), SARIF).unwrap();
    assert_eq!(judged("").0, Outcome::Ok);
    let critical = "1 findings of severity high or higher (critical: CVE-1)".to_owned();
    let (outcome, figure) =
        judged(r#"{"ruleId": "CVE-1", "level": "note"}, {"ruleId": "CVE-2", "level": "error"}"#);
    assert_eq!(outcome, Outcome::Failed(critical));
    assert_eq!((figure.value, figure.limit, figure.unit), (1.0, Some(0.0), Unit::Count));
    for bad in [
        r#"{"ruleId": "lint"}"#,
        r#"{"ruleId": "lint/with-more"}"#,
        r#"{"rule": {"id": "lint"}}"#,
        r#"{"level": "error"}"#,
        r#"{"ruleId": "CVE-2", "properties": {"security-severity": "7.0"}}"#,
        r#"{"ruleId": "CVE-1", "suppressions": [{"kind": "external", "status": "rejected"}]}"#,
        r#"{"ruleId": "CVE-1", "suppressions": []}"#,
        r#"{"ruleId": "CVE-1", "kind": "fail", "baselineState": "new"}"#,
    ] {
        assert!(matches!(judged(bad).0, Outcome::Failed(_)), "{bad}");
    }
    for good in [
        r#"{"ruleId": "CVE-2"}"#,
        r#"{"ruleId": "other"}"#,
        r#"{"ruleId": "lint", "level": "note"}"#,
        r#"{"ruleId": "CVE-1", "suppressions": [{"kind": "inSource"}]}"#,
        r#"{"ruleId": "CVE-1", "kind": "pass"}"#,
        r#"{"ruleId": "CVE-1", "baselineState": "absent"}"#,
    ] {
        assert_eq!(judged(good).0, Outcome::Ok, "{good}");
    }
    let failed = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "scan"}}, "results": [],
        "invocations": [{"executionSuccessful": false}]}]}"#;
    assert_eq!(found(failed, SARIF).unwrap_err(), "scan says that it has failed itself");
    let none = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "scan"}}}]}"#;
    assert_eq!(found(none, SARIF).unwrap_err(), "scan has written no results");
}

#[tokio::test]
async fn a_look_gives_what_was_found() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("junit.xml");
    let report = Report::new(&check::Report { path: path.clone(), wanted: junit(80) });
    assert_eq!(report.look().await, (Outcome::Blind("there is no such file".to_owned()), None));
    write(&path, TESTS).unwrap();
    assert_eq!(report.look().await, (Outcome::Ok, Some(ratio(0.875, 0.8))));
}

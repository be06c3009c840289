//! Podman, which speaks Docker's API and does not tell all of it.

use std::process::Command;

use golive::model::step::{FaultKind, Step};

use crate::engine::Bench;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/engine.sh");

/// What the script ends with where the machine has no mirror of Debian.
const NO_MIRROR: i32 = 69;

#[tokio::test]
async fn what_runs_there_is_watched_and_never_rolled_back() {
    let bench = Bench::new();
    if !bench.docker(&["version"]).contains("Podman") {
        return on_podman("podman::what_runs_there_is_watched_and_never_rolled_back");
    }
    let story = bench.released(&[]).await;
    let runtime = bench.runtime(&story.name);
    let problems = runtime.prove(&story.good).await.unwrap();
    assert_eq!(problems, [golive::runtime::ON_PODMAN]);
    let before = bench.inspect(&story.name);
    let fault = runtime.perform(&story.plan, Some(&story.good), Some(&story.bad), Step::Prepare).await;
    let fault = fault.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{}", fault.text);
    assert!(fault.text.contains(golive::runtime::ON_PODMAN), "{}", fault.text);
    assert_eq!(bench.inspect(&story.name)["Id"], before["Id"]);
    assert_eq!(runtime.seen().await.unwrap().unwrap().version, "v2");
}

/// The same test once more, beside Debian's Podman.
#[expect(clippy::print_stderr, reason = "a test that was not run says so")]
fn on_podman(test: &str) {
    let own = std::env::current_exe().unwrap();
    let output = Command::new(SCRIPT)
        .args(["podman", "trixie"])
        .arg(own)
        .args([test, "--exact", "--nocapture"])
        .output()
        .unwrap();
    if output.status.code() == Some(NO_MIRROR) {
        eprintln!("not run: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{told}\n{errors}");
}

//! Podman, which speaks Docker's API and does not tell all of it.

use golive::decide::event::{FaultKind, Step};

use crate::engine::Bench;

#[tokio::test]
#[ignore = "needs Podman: tests/fixtures/engine.sh podman trixie cargo nextest run --test docker --run-ignored only podman"]
async fn what_runs_there_is_watched_and_never_rolled_back() {
    let bench = Bench::new();
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

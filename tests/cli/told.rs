//! `golive notify`

use golive_fixtures::receiver::Receiver;
use tempfile::TempDir;

use crate::{golive, rules, stderr, stdout};

/// The address of a provider that answers every request with that status.
fn webhook(status: &'static str) -> String {
    Receiver::answering(move |_| (status, String::new())).url("/alerts")
}

fn channels(dir: &TempDir) -> String {
    let text = format!(
        "[channel.good]\nwebhook = {{ url = \"{}\" }}\n[channel.bad]\nwebhook = {{ url = \"{}\" }}\n\
         [alert.urgent]\nchannels = [\"good\"]\n",
        webhook("204 No Content"),
        webhook("500 Broken"),
    );
    rules(dir.path(), &text)
}

#[test]
fn a_test_says_what_each_provider_answered() {
    let dir = TempDir::new().unwrap();
    let rules = channels(&dir);
    let all = golive(&["--config", &rules, "notify", "test"]).code(1);
    let told = stdout(&all);
    assert!(told.contains("good: confirmed: ") && told.contains("bad: NOT confirmed: failed to "), "{told}");
    let one = golive(&["--config", &rules, "--lang", "zh-CN", "notify", "test", "--channel", "good"]).code(0);
    assert_eq!(stdout(&one).lines().count(), 1);
    let tier = golive(&["--config", &rules, "notify", "test", "--tier", "urgent"]).code(0);
    assert!(stdout(&tier).starts_with("good: confirmed"), "{}", stdout(&tier));
}

#[test]
fn a_channel_that_is_not_there_is_wrong_usage() {
    let dir = TempDir::new().unwrap();
    let rules = channels(&dir);
    let unknown = golive(&["--config", &rules, "notify", "test", "--channel", "nobody"]).code(64);
    assert!(stderr(&unknown).contains("channels: bad, good"), "{}", stderr(&unknown));
    let none = golive(&["--config", &rules, "notify", "test", "--tier", "general"]).code(64);
    assert!(stderr(&none).contains("--channel"), "{}", stderr(&none));
}

#[test]
fn every_route_is_tried_in_the_look_of_its_tier() {
    let dir = TempDir::new().unwrap();
    let text = format!(
        "[channel.good]\nwebhook = {{ url = \"{good}\" }}\n[channel.bad]\nwebhook = {{ url = \"{bad}\" }}\n\
         [channel.spare]\nwebhook = {{ url = \"{good}\" }}\n[alert.urgent]\nchannels = [\"bad\", \"good\"]\n\
         [alert.general]\nchannels = [\"good\"]\n",
        good = webhook("204 No Content"),
        bad = webhook("500 Broken"),
    );
    let rules = rules(dir.path(), &text);
    let all = golive(&["--config", &rules, "notify", "test", "--all"]).code(1);
    let told = stdout(&all);
    let lines: Vec<&str> = told.lines().map(|line| line.split(": ").take(2).last().unwrap()).collect();
    assert_eq!(
        lines,
        ["NOT confirmed", "confirmed", "confirmed", "confirmed"],
        "one that fails hides no other: {told}"
    );
    // What is in no tier's route is where urgent alerts go when nobody else confirms.
    let routes: Vec<&str> = told.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(routes, ["urgent bad", "urgent good", "urgent spare", "general good"], "{told}");
}

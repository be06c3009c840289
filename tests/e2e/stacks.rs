//! Stacks in the shapes that real projects have, deployed by Compose 2 with the daemon beside them: each file of
//! `tests/world/stacks` goes through all that a deployment can be.

use std::path::PathBuf;

use rstest::rstest;

#[path = "../fixtures/compose_v2.rs"]
mod compose_v2;
#[path = "stacks/right.rs"]
mod right;
#[path = "stacks/stack.rs"]
mod stack;
#[expect(dead_code, reason = "others read whole folders")]
#[path = "../world/case.rs"]
mod world;

use right::{Right, Step};
use stack::Stack;

#[rstest]
fn a_stack_is_watched_and_taken_back(#[files("tests/world/stacks/*.yaml")] file: PathBuf) {
    let case = world::read(&file);
    let mut stack = Stack::new(&case.name, Right::of(&case), &case.input);
    accepted_and_taken_back(&mut stack);
    if stack.right.takes(Step::DownUp) {
        stack.compose("2", &["down"]);
        no_release(&stack, "down and up", &[]);
    }
    if stack.right.takes(Step::ForceRecreate) {
        no_release(&stack, "up --force-recreate", &["--force-recreate"]);
    }
    scaled(&stack);
    removed(&mut stack);
}

/// Two good versions are accepted one after the other, and the bad third one is taken back to the second.
fn accepted_and_taken_back(stack: &mut Stack) {
    stack.release("1");
    stack.host.start_daemon();
    stack.is_accepted("version 1");
    stack.assert_runs("1");
    let first = stack.accepted();
    stack.release("2");
    stack.eventually("version 2 is another release", || stack.accepted() != first);
    stack.is_accepted("version 2");
    stack.assert_runs("2");

    let left = stack.left();
    stack.release("3");
    stack.eventually("version 3 is taken back", || {
        stack.host.phase() == "idle" && stack.host.sinks.posts("rollback-done").len() == 1
    });
    let why = stack.told("rollback-started");
    assert!(why.contains(&stack.right.because), "{}: {why}", stack.name);
    assert!(stack.host.sinks.posts("rollback-failed").is_empty(), "{}", stack.host.story());
    stack.assert_runs("2");
    assert_eq!(stack.left(), left, "{}: what is left alone is what it was", stack.name);
    assert_eq!(stack.releases(), ["rolled-back", "accepted", "accepted"], "{}", stack.host.story());
}

/// The same files again, in another way: nothing is a release, and nobody is called.
fn no_release(stack: &Stack, how: &str, more: &[&str]) {
    let (releases, urgent) = (stack.releases(), stack.host.sinks.urgent());
    let before = stack.ids();
    stack.up("2", more);
    stack.eventually(how, || stack.is_settled() && stack.ids() != before);
    assert_eq!(stack.releases(), releases, "{}: {how} is no release\n{}", stack.name, stack.host.story());
    assert_eq!(stack.host.sinks.urgent(), urgent, "{}: {how}\n{}", stack.name, stack.host.story());
    stack.assert_runs("2");
}

/// Another number of containers is told, and is no release.
fn scaled(stack: &Stack) {
    let Some(scale) = &stack.right.scale else { return };
    let (releases, urgent) = (stack.releases(), stack.host.sinks.urgent());
    let (service, from, to) = (&scale.service, stack.right.number(&scale.service), scale.to);
    for (from, to) in [(from, to), (to, from)] {
        stack.up("2", &["--scale", &format!("{service}={to}")]);
        let said = format!("{service} {from} -> {to}");
        stack.eventually(&said, || stack.told("service-scaled").contains(&said) && stack.is_settled());
    }
    assert_eq!(stack.releases(), releases, "{}: scaled\n{}", stack.name, stack.host.story());
    assert_eq!(stack.host.sinks.urgent(), urgent, "{}: scaled\n{}", stack.name, stack.host.story());
    stack.assert_runs("2");
}

/// A service without a container is told, and what is left is never learnt as good.
fn removed(stack: &mut Stack) {
    let Some(service) = stack.right.rm.clone() else { return };
    let (releases, accepted) = (stack.releases(), stack.accepted());
    let heard = stack.right.rm_is_heard;
    let (event, said) = if heard {
        ("service-stopped", format!("{}-{service}-1", stack.host.name))
    } else {
        ("service-incomplete", format!("{service} has no container"))
    };
    if !heard {
        stack.host.kill_daemon();
    }
    stack.compose("2", &["rm", "-sf", &service]);
    if !heard {
        stack.host.start_daemon();
    }
    stack.eventually(&said, || stack.told(event).contains(&said));
    assert_eq!(stack.accepted(), accepted, "{}", stack.host.story());
    assert_eq!(stack.releases(), releases, "{}: removed\n{}", stack.name, stack.host.story());
    stack.up("2", &[]);
    let told = || heard || !stack.host.sinks.posts("service-complete").is_empty();
    stack.eventually("it is whole again", || told() && stack.is_settled());
    assert_eq!(stack.releases(), releases, "{}: made again\n{}", stack.name, stack.host.story());
    stack.assert_runs("2");
}

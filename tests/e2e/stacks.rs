//! Stacks in the shapes that real projects have, deployed by Compose 2 with the daemon beside them: each file of
//! `tests/world/stacks` goes through all that a deployment can be.

use std::path::PathBuf;

use golive_fixtures::case;
use rstest::rstest;

mod right;
mod stack;

use right::{Right, Step};
use stack::Stack;

#[rstest]
fn a_stack_is_watched_and_taken_back(#[files("tests/world/stacks/*.yaml")] file: PathBuf) {
    let case = case::read(&file);
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
    stack.host.start();
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
        stack.host.phase() == "idle" && stack.host.hook.posts("rollback-succeeded").len() == 1
    });
    let why = stack.told("rollback-started");
    assert!(why.contains(&stack.right.because), "{}: {why}", stack.name);
    assert!(stack.host.hook.posts("rollback-failed").is_empty());
    stack.assert_runs("2");
    assert_eq!(stack.left(), left, "{}: what is left alone is what it was", stack.name);
    assert_eq!(stack.releases(), ["rolled-back", "accepted", "accepted"]);
}

/// The same files again, in another way: nothing is a release, and nobody is called.
fn no_release(stack: &Stack, how: &str, more: &[&str]) {
    let (releases, urgent) = (stack.releases(), stack.host.hook.urgent());
    let before = stack.ids();
    stack.up("2", more);
    stack.eventually(how, || stack.is_settled() && stack.ids() != before);
    assert_eq!(stack.releases(), releases, "{}: {how} is no release", stack.name);
    assert_eq!(stack.host.hook.urgent(), urgent, "{}: {how}", stack.name);
    stack.assert_runs("2");
}

/// Another number of containers is told, and is no release.
fn scaled(stack: &Stack) {
    let Some(scale) = &stack.right.scale else { return };
    let (releases, urgent) = (stack.releases(), stack.host.hook.urgent());
    let (service, from, to) = (&scale.service, stack.right.number(&scale.service), scale.to);
    for (from, to) in [(from, to), (to, from)] {
        stack.up("2", &["--scale", &format!("{service}={to}")]);
        let said = format!("{service} {from} -> {to}");
        stack.eventually(&said, || stack.told("service-scaled").contains(&said) && stack.is_settled());
    }
    assert_eq!(stack.releases(), releases, "{}: scaled", stack.name);
    assert_eq!(stack.host.hook.urgent(), urgent, "{}: scaled", stack.name);
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
        stack.host.kill();
    }
    stack.compose("2", &["rm", "-sf", &service]);
    if !heard {
        stack.host.start();
    }
    stack.eventually(&said, || stack.told(event).contains(&said));
    assert_eq!(stack.accepted(), accepted);
    assert_eq!(stack.releases(), releases, "{}: removed", stack.name);
    stack.up("2", &[]);
    let told = || heard || !stack.host.hook.posts("service-complete").is_empty();
    stack.eventually("it is whole again", || told() && stack.is_settled());
    assert_eq!(stack.releases(), releases, "{}: made again", stack.name);
    stack.assert_runs("2");
}

//! Whose turn it is: golive, its engine or its link is lost on the manager whose golive acts, while a bad release is
//! watched. Another one goes on, one alone, and everything is told once.

use std::time::{Duration, Instant};

use crate::story::Story;

#[test]
fn whatever_is_lost_of_the_one_that_acts_another_one_goes_on() {
    let mut story = Story::begin("1s", &[]);
    assert_eq!(story.acting(), Some(0));

    // golive alone: its node stays well, and leads.
    story.release(1, "red");
    story.managers[0].kill();
    let next = story.taken_over(0, Instant::now());
    story.rolled_back(next, 1);
    assert_eq!(story.sink.ids("took-over").len(), 1, "{:?}", story.sink.events());
    story.managers[0].start();
    story.everybody_knows(&story.managers[next].decided());
    assert_eq!(story.acting(), Some(next), "whoever acts goes on doing so");

    // The engine, while golive goes on.
    story.release((next + 1) % 3, "green");
    story.cluster.kill_engine(next);
    let began = Instant::now();
    let dead = &story.managers[next];
    dead.eventually("it is nobody's turn, as far as it knows", || !dead.acts());
    assert!(began.elapsed() < Duration::from_secs(12), "it took {:?}", began.elapsed());
    let after = story.taken_over(next, began);
    story.rolled_back(after, 2);
    story.cluster.revive_engine(next);
    story.everybody_knows(&story.managers[after].decided());

    // The link.
    story.release((after + 1) % 3, "blue");
    story.cluster.link(after, "down");
    let last = story.taken_over(after, Instant::now());
    story.rolled_back(last, 3);
    story.cluster.link(after, "up");
    story.everybody_knows(&story.managers[last].decided());
    assert_eq!(story.sink.ids("rollback-started").len(), 3, "{:?}", story.sink.events());
    assert_eq!(story.sink.ids("took-over").len(), 3, "{:?}", story.sink.events());
}

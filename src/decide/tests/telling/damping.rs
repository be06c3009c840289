//! What comes and goes.

use super::*;

#[test]
fn what_comes_back_goes_on_in_its_thread_and_is_told_less_and_less() {
    let mut world = world(|_| ());
    assert_eq!(words(&fail(&mut world, 3)), ["service-down first"]);
    assert_eq!(words(&pass(&mut world, 1)), ["service-up resolved"]);
    let again = fail(&mut world, 3);
    assert_eq!((words(&again), told(&again)[0].0.place.flaps), (vec!["service-down update".to_owned()], 1));
    assert_eq!(told(&again)[0].0.incident, "api-1", "one thread");
    // Over only when it stays away, and then it has come back for the second time: told for the last time.
    assert_eq!(words(&pass(&mut world, 10)), [""; 0]);
    assert_eq!(words(&fail(&mut world, 3)), ["service-down update"]);
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.extend(pass(&mut world, 10));
        silent.extend(fail(&mut world, 3));
        silent.extend(wait(&mut world, Duration::ZERO));
    }
    assert_eq!(words(&silent), ["service-down reminder"], "a reminder after a quarter of an hour of it");
    let incident = &world.facts().incidents[0];
    assert_eq!((incident.flaps, incident.id.as_str()), (22, "api-1"));
    assert_eq!(incident.standing().into_str(), "open");
    pass(&mut world, 1);
    assert_eq!(
        world.facts().incidents[0].standing().into_str(),
        "resolved",
        "it is well, and is only watched"
    );
    assert_eq!(words(&wait(&mut world, secs(3_599 - 5))), [""; 0], "an hour of calm at most");
    let over = wait(&mut world, secs(10));
    assert_eq!((words(&over), told(&over)[0].0.place.flaps), (vec!["service-up resolved".to_owned()], 22));
}

#[test]
fn a_restart_forgets_neither_the_thread_nor_that_it_calms_down() {
    let mut world = world(|_| ());
    fail(&mut world, 3);
    pass(&mut world, 1);
    world.kill();
    world.step(&Event::Started);
    see(&mut world, "v1");
    let again = fail(&mut world, 3);
    assert_eq!(told(&again)[0].0.incident, "api-1");
    pass(&mut world, 1);
    world.kill();
    world.step(&Event::Started);
    assert_eq!(words(&wait(&mut world, secs(300))), ["service-up resolved"]);
}

#[test]
fn what_comes_back_after_an_hour_is_another_incident() {
    let mut world = world(|_| ());
    fail(&mut world, 3);
    pass(&mut world, 1);
    world.now = later(world.now, secs(3_601));
    pass(&mut world, 1);
    assert_eq!(told(&fail(&mut world, 3))[0].0.incident, "api-2");
}

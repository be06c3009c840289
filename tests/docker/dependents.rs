//! Containers that live in the one that is taken back.

use golive::model::step::{FaultKind, Step};

use crate::engine::{Bench, FORWARD, Story};

/// A container in the service's network and processes, with its volumes; it has data of its own.
fn in_it(bench: &Bench, story: &Story) -> String {
    let side = format!("{}-side", story.name.replace("-web", ""));
    let inside = format!("container:{}", story.name);
    let args = ["--network", &inside, "--pid", &inside, "--volumes-from", &story.name, "-v", "/own"];
    bench.run(&side, &[&args[..], &["-e", "PORT=9000", "--restart", "always"]].concat(), "v1");
    bench.docker(&["exec", &side, "sh", "-c", "echo mine >/own/file"]);
    side
}

/// It runs in the restored container, as it was but for that.
fn is_in_the_restored(bench: &Bench, story: &Story, side: &str) {
    let (service, now) = (bench.inspect(&story.name), bench.inspect(side));
    let inside = format!("container:{}", service["Id"].as_str().unwrap());
    assert_eq!(now["HostConfig"]["NetworkMode"], inside.as_str());
    assert_eq!(now["HostConfig"]["PidMode"], inside.as_str());
    assert_eq!(now["State"]["Status"], "running");
    assert_eq!(now["HostConfig"]["RestartPolicy"]["Name"], "always");
    assert_eq!(bench.docker(&["exec", side, "cat", "/own/file"]), "mine");
    assert_eq!(bench.docker(&["exec", side, "cat", "/data/file"]), "precious", "the restored one's volume");
    let devices = bench.docker(&["exec", side, "cat", "/proc/net/dev"]);
    assert!(devices.contains("eth0"), "{devices}");
    assert_eq!(bench.containers(side).len(), 1, "{:?}", bench.containers(side));
}

#[tokio::test]
async fn what_lives_in_the_bad_container_lives_in_the_restored_one() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    let side = in_it(&bench, &story);
    let problems = bench.runtime(&story.name).prove(&story.good).await.unwrap();
    assert_eq!(problems, Vec::<String>::new());
    let lives_elsewhere = bench.run(&format!("{}-other", bench.prefix), &[], "v1");
    for step in FORWARD.into_iter().chain([Step::CleanUp]) {
        for _ in 0..2 {
            story.step(&bench, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
    }
    story.restored(&bench);
    is_in_the_restored(&bench, &story, &side);
    assert_eq!(bench.inspect(&lives_elsewhere)["State"]["Status"], "running", "nobody else is touched");
}

#[tokio::test]
async fn what_lives_in_a_dependent_follows_it() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    let side = in_it(&bench, &story);
    let inner = format!("{}-inner", bench.prefix);
    bench.run(&inner, &["--network", &format!("container:{side}"), "-e", "PORT=9001"], "v1");
    for step in FORWARD.into_iter().chain([Step::CleanUp]) {
        for _ in 0..2 {
            story.step(&bench, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
    }
    story.restored(&bench);
    is_in_the_restored(&bench, &story, &side);
    let (home, now) = (bench.inspect(&side), bench.inspect(&inner));
    assert_eq!(
        now["HostConfig"]["NetworkMode"],
        format!("container:{}", home["Id"].as_str().unwrap()).as_str()
    );
    assert_eq!(now["State"]["Status"], "running");
    let devices = bench.docker(&["exec", &inner, "cat", "/proc/net/dev"]);
    assert!(devices.contains("eth0"), "{devices}");
    assert_eq!(bench.containers(&inner).len(), 1, "{:?}", bench.containers(&inner));
}

/// Whatever of the dependent's own steps was done, the rest is done by the next attempt.
#[tokio::test]
async fn a_dependent_that_is_half_done_is_ended() {
    let bench = Bench::new();
    let cut: [fn(&Bench, &str, &str); 4] = [
        |bench, side, _| drop(bench.docker(&["stop", "-t", "0", side])),
        |bench, side, aside| {
            bench.docker(&["stop", "-t", "0", side]);
            bench.docker(&["rename", side, aside]);
        },
        |bench, side, _| drop(bench.docker(&["rm", "-f", side])),
        |_, _, _| {},
    ];
    for cut in cut {
        let story = bench.released(&[]).await;
        let side = in_it(&bench, &story);
        story.forward_until(&bench, Step::RecreateDependents).await;
        // Created, and no more.
        let runtime = bench.runtime(&story.name);
        let step =
            runtime.perform(&story.plan, Some(&story.good), Some(&story.bad), Step::RecreateDependents);
        let created = async {
            let name = format!("{side}.golive-{}.{side}", story.plan.rollback);
            while bench.containers(&name).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = step => {}
            () = created => {}
        }
        cut(&bench, &side, &format!("{side}.golive-bad-{}.{side}", story.plan.rollback));
        for _ in 0..2 {
            story.step(&bench, Step::RecreateDependents).await.unwrap();
        }
        is_in_the_restored(&bench, &story, &side);
        story.step(&bench, Step::CleanUp).await.unwrap();
        story.restored(&bench);
    }
}

/// As after `docker run` of the bad version alone: the dependent held on to the good container, which is gone.
#[tokio::test]
async fn what_the_bad_deployment_left_with_nothing_comes_back() {
    let bench = Bench::new();
    bench.image("v1");
    bench.image("v2");
    let name = format!("{}-web", bench.prefix);
    let v1 = bench.run(&name, &[], "v1");
    bench.docker(&["exec", &name, "sh", "-c", "echo precious >/data/file"]);
    let side = format!("{}-side", bench.prefix);
    bench.run(&side, &["--network", &format!("container:{name}"), "-e", "PORT=9000"], "v1");
    let runtime = bench.runtime(&name);
    let identity = runtime.seen().await.unwrap().unwrap().identity;
    let good = runtime.keep("r1", &v1).await.unwrap();
    bench.docker(&["rm", "-f", &name]);
    let v2 = bench.run(&name, &[], "v2");
    let bad = runtime.keep("r2", &v2).await.unwrap();
    let story = Story::new(&name, good, bad, identity, &v2);
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    let inside = format!("container:{}", story.restored(&bench)["Id"].as_str().unwrap());
    let now = bench.inspect(&side);
    assert_eq!(
        (&now["HostConfig"]["NetworkMode"], &now["State"]["Status"]),
        (&inside.into(), &"running".into())
    );
}

#[tokio::test]
async fn a_link_follows() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    let linked = format!("{}-linked", bench.prefix);
    bench.run(&linked, &["--link", &format!("{}:shop", story.name)], "v1");
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    let links = &bench.inspect(&linked)["HostConfig"]["Links"];
    assert_eq!(links[0], format!("/{}:/{linked}/shop", story.name));
    let address = story.restored(&bench)["NetworkSettings"]["IPAddress"].as_str().unwrap().to_owned();
    assert!(!address.is_empty() && bench.docker(&["exec", &linked, "cat", "/etc/hosts"]).contains(&address));
}

#[tokio::test]
async fn one_that_cannot_follow_is_named_ahead_of_need_and_holds_up_nobody() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    let (first, side) = (format!("{}-a", bench.prefix), in_it(&bench, &story));
    let lender = bench.run(&format!("{}-lender", bench.prefix), &["-v", "/lent"], "v1");
    let inside = format!("container:{}", story.name);
    bench.run(&first, &["--network", &inside, "--volumes-from", &lender, "-e", "PORT=9001"], "v1");
    bench.docker(&["rm", "-f", &lender]);
    let problems = bench.runtime(&story.name).prove(&story.good).await.unwrap();
    assert!(
        problems.len() == 1 && problems[0].contains(&format!("{first}, which lives in it")),
        "{problems:?}"
    );
    story.forward_until(&bench, Step::RecreateDependents).await;
    let fault = story.step(&bench, Step::RecreateDependents).await.unwrap_err();
    assert!(fault.kind == FaultKind::Refused && fault.text.contains(&first), "{}", fault.text);
    is_in_the_restored(&bench, &story, &side);
}

//! More or fewer containers of the same release.

use super::*;

#[test]
fn more_of_the_same_are_told_as_scaled_and_are_no_release() {
    let mut shop = Shop::accepted("app 1, worker 1");
    for (now, told) in [
        ("app 1, worker 1, worker 1, worker 1", "general service-scaled: worker 1 -> 3"),
        ("app 1, app 1, worker 1", "general service-scaled: app 1 -> 2, worker 3 -> 1"),
        ("app 1, worker 1", "general service-scaled: app 2 -> 1"),
    ] {
        shop.sees(set(now));
        shop.passes(30);
        assert!(shop.has_told(told), "{now}: {:#?}", shop.told);
    }
    assert!(!shop.has_told("release-detected") && !shop.has_told("service-incomplete"), "{:#?}", shop.told);
    assert_eq!((shop.phase(), shop.world.facts().accepted.len()), ("idle", 1));
}

#[test]
fn another_container_of_the_same_is_not_scaled() {
    let mut shop = Shop::accepted("app 1, worker 1");
    let mut anew = set("app 1, worker 1");
    anew.members[1].id = "another".to_owned();
    anew.instance = "app1-1,another".to_owned();
    shop.sees(anew);
    shop.sees(set("app 2, worker 2, worker 2"));
    assert!(!shop.has_told("service-scaled"), "{:#?}", shop.told);
    assert_eq!(shop.phase(), "watching");
}

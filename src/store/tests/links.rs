use std::collections::BTreeMap;

use super::*;

#[tokio::test]
async fn the_key_is_made_once_and_what_was_used_stays_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.links([1; 32]).await.unwrap(), ([1; 32], BTreeMap::new()));
    let until = at(24 * 3600).as_second();
    for _ in 0..2 {
        store.spend_link(("sign-1", until), 10, at(0)).await.unwrap();
    }
    let known = ([1; 32], BTreeMap::from([("sign-1".to_owned(), until)]));
    assert_eq!(store.links([2; 32]).await.unwrap(), known);
    drop(store);
    assert_eq!(open(dir.path()).links([3; 32]).await.unwrap(), known, "a restart changes neither");
}

#[tokio::test]
async fn what_was_used_is_forgotten_when_it_ends_and_never_more_than_so_many() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let day = |number| at(24 * 3600 + number).as_second();
    for number in 0..6 {
        store.spend_link((&format!("sign-{number}"), day(number)), 4, at(number)).await.unwrap();
    }
    let used = store.links([1; 32]).await.unwrap().1;
    assert_eq!(used.into_keys().collect::<Vec<_>>(), ["sign-2", "sign-3", "sign-4", "sign-5"]);
    store.spend_link(("sign-9", day(90)), 4, at(24 * 3600 + 4)).await.unwrap();
    let used = store.links([1; 32]).await.unwrap().1;
    assert_eq!(used.into_keys().collect::<Vec<_>>(), ["sign-4", "sign-5", "sign-9"]);
}

#[tokio::test]
async fn a_copy_of_the_store_has_them_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.links([1; 32]).await.unwrap();
    store.spend_link(("sign-1", at(60).as_second()), 4, at(0)).await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    crate::store::Reader::open(dir.path()).unwrap().backup(&copy.path().join("golive.db")).unwrap();
    assert_eq!(open(copy.path()).links([2; 32]).await.unwrap(), store.links([3; 32]).await.unwrap());
}

use std::collections::BTreeMap;

use super::*;
use crate::tests::world;

fn compose(services: &[&str]) -> Compose {
    let services = services.iter().map(|name| (*name).to_owned()).collect();
    Compose { project: "shop".to_owned(), services, retag: true }
}

fn place(of: &Compose, name: &str, labels: &[(&str, &'static str)], data: bool) -> Place {
    let labels: BTreeMap<&str, &'static str> = labels.iter().copied().collect();
    super::place(of, name, |label| labels.get(label).copied(), || data)
}

const API: [(&str, &str); 5] = member("shop", "api");

const fn member(project: &'static str, service: &'static str) -> [(&'static str, &'static str); 5] {
    [(PROJECT, project), (SERVICE, service), (NUMBER, "1"), (CONFIG_HASH, "00ff"), (ONE_OFF, "False")]
}

#[test]
fn what_keeps_data_is_left_alone_unless_it_is_named() {
    let (all, named) = (compose(&[]), compose(&["api"]));
    assert_eq!(place(&all, "shop_api_1", &API, false), Place::Member);
    assert_eq!(place(&all, "shop_api_1", &API, true), Place::Left);
    assert_eq!(place(&named, "shop_api_1", &API, true), Place::Member);
    assert_eq!(place(&compose(&["worker"]), "shop_api_1", &API, false), Place::Apart);
}

#[test]
fn other_projects_and_single_runs_are_none_of_it() {
    let all = compose(&[]);
    assert_eq!(place(&all, "a", &member("shop2", "api"), false), Place::Apart);
    assert_eq!(place(&all, "a", &[], false), Place::Apart);
    for once in ["True", "true", ""] {
        let run = [API[0], API[1], API[2], API[3], (ONE_OFF, once)];
        assert_eq!(place(&all, "shop_api_run_1", &run, false), Place::Apart);
    }
    for missing in API {
        let labels: Vec<_> = API.into_iter().filter(|label| *label != missing).collect();
        assert_eq!(place(&all, "shop_api_1", &labels, false), Place::Apart, "{missing:?}");
    }
    for number in ["", "one", "-1", "1.5"] {
        let labels = [API[0], API[1], (NUMBER, number), API[3], API[4]];
        assert_eq!(place(&all, "shop_api_1", &labels, false), Place::Apart, "{number}");
    }
    assert_eq!(
        place(&all, "golive-pin-shop_api_1-r1", &API.map(|(label, _)| (label, "")), false),
        Place::Apart
    );
    assert_eq!(place(&all, "shop_api_1", &API, false), Place::Member);
}

/// Anybody can write Compose's labels, and as much into them as he likes.
#[test]
fn what_no_compose_file_can_name_is_none_of_it() {
    let long: &'static str = "a".repeat(1 << 20).leak();
    let all = compose(&[]);
    for service in ["", "a b", "a\nb", "\u{202e}api", "a,b:c", long] {
        assert_eq!(place(&all, "shop_api_1", &member("shop", service), false), Place::Apart);
    }
    assert_eq!(place(&all, long, &API, false), Place::Apart);
    let waits =
        format!("{long}:service_completed_successfully:false,migrate:service_completed_successfully:false");
    assert_eq!(waits_for(&waits), ["migrate"]);
}

/// What the engine lists of a project, and the labels of the images.
#[test]
fn who_belongs_to_a_project_is_told_from_what_only_carries_its_labels() {
    for case in world::cases("projects") {
        let found: Value = serde_json::from_slice(&case.input).unwrap();
        let of = Compose { project: case.right["project"].as_str().unwrap().to_owned(), ..compose(&[]) };
        let named = |wanted: Place| -> Vec<&str> {
            let listed = found["listed"].as_array().unwrap().iter();
            let image = |listed: &Value| &found["images"][listed["ImageID"].as_str().unwrap()];
            let mut names: Vec<&str> = listed
                .filter(|listed| super::listed(&of, listed, image(listed)) == wanted)
                .map(name)
                .collect();
            names.sort_unstable();
            names
        };
        let right = |key: &str| -> Vec<&str> {
            case.right[key].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
        };
        assert_eq!(named(Place::Member), right("members"), "{}", case.name);
        assert_eq!(named(Place::Left), right("left"), "{}", case.name);
    }
}

#[test]
fn names_for_a_moment_are_told_from_names_to_keep() {
    for passing in ["0123456789ab_shop_api_1", "shop_api_1.golive-shop-rb-1", "shop_api_1.golive-bad-x"] {
        assert_eq!(place(&compose(&[]), passing, &API, true), Place::Passing, "{passing}");
    }
    for own in ["shop_api_1", "shop-api-1", "0123456789ab", "0123456789ab_", "0123456789az_shop_api_1"] {
        assert_eq!(place(&compose(&[]), own, &API, false), Place::Member, "{own}");
    }
}

use std::collections::BTreeMap;

use super::*;

fn compose(services: &[&str]) -> Compose {
    let services = services.iter().map(|name| (*name).to_owned()).collect();
    Compose { project: "shop".to_owned(), services, retag: true }
}

fn place(of: &Compose, name: &str, labels: &[(&str, &'static str)], data: bool) -> Place {
    let labels: BTreeMap<&str, &'static str> = labels.iter().copied().collect();
    of.place(name, |label| labels.get(label).copied(), || data)
}

const API: [(&str, &str); 2] = [(PROJECT, "shop"), (SERVICE, "api")];

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
    assert_eq!(place(&all, "a", &[(PROJECT, "shop2"), (SERVICE, "api")], false), Place::Apart);
    assert_eq!(place(&all, "a", &[(PROJECT, "shop")], false), Place::Apart);
    assert_eq!(place(&all, "a", &[], false), Place::Apart);
    for once in ["True", "true"] {
        let run = [(PROJECT, "shop"), (SERVICE, "api"), (ONE_OFF, once)];
        assert_eq!(place(&all, "shop_api_run_1", &run, false), Place::Apart);
    }
    let kept = [(PROJECT, ""), (SERVICE, "")];
    assert_eq!(place(&all, "golive-keep-shop_api_1-r1", &kept, false), Place::Apart);
    assert_eq!(place(&all, "shop_api_1", &[API[0], API[1], (ONE_OFF, "False")], false), Place::Member);
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

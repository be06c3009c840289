//! The acceptance run in the record.

use super::*;
use crate::model::acceptance::{Group, Item, Verdict};
use crate::model::figure::Figure;

#[test]
fn what_was_shown_stands_in_the_four_groups_and_what_fell_short_makes_it_a_partial_success() {
    let home = Item {
        figure: Some(Figure::seconds(0.64, Some(0.5))),
        group: Group::Performance,
        ..plain::item("home", Verdict::Fail, "20 answers")
    };
    let items = vec![home, plain::item("search", Verdict::Pass, "")];
    let of = |story: &Story, items| {
        moment(8000, ServiceEvent::AcceptanceRan { release: story.release.id.clone(), items }, &[])
    };
    let accepted = vec![filing(0, ReleaseState::Watching, None), filing(9000, ReleaseState::Accepted, None)];
    let bare = Story { filings: accepted, moments: Vec::new(), ..story("1.4.2") };
    let short = Story { moments: vec![of(&bare, items)], ..bare.clone() };
    let record = markdown(&short, &texts());
    for line in [
        "- **Function**: passed\n- **Function: search**: passed (took 1.5 s)\n",
        "- **Performance**: not passed\n",
        "- **Performance: home**: not passed: 640 ms, allowed 500 ms; 20 answers (took 1.5 s)\n",
        "- **Security**: no acceptance item\n",
        "- **Status**: partial success (accepted)\n",
    ] {
        assert!(record.contains(line), "{line} is not in {record}");
    }
    let all = vec![plain::item("search", Verdict::Pass, "")];
    let whole = Story { moments: vec![of(&bare, all)], ..bare };
    assert_eq!(json(&whole, &texts())["result"], "success");
    assert_eq!(json(&short, &texts())["acceptance"]["items"][1]["name"], "search");
}

use proptest::prelude::*;

use super::*;
use crate::notify::format::markup;

#[test]
fn each_platform_counts_in_its_own_way() {
    assert_eq!((Unit::Bytes.count("回a🔥"), Unit::Utf16.count("回a🔥")), (8, 4));
    assert_eq!(Unit::Bytes.clip("abcdef", 6), "abcdef");
    assert_eq!(Unit::Bytes.clip("abcdefg", 6), "abc…");
    assert_eq!(Unit::Bytes.clip("回回回", 8), "回…", "three bytes each, and the ellipsis too");
    assert_eq!(Unit::Utf16.clip("回回回回", 3), "回回…");
    assert_eq!(Unit::Utf16.clip("🔥🔥🔥", 4), "🔥…", "no half of a pair");
    assert_eq!(Unit::Utf16.clip("👩‍👧 x y z", 5), "👩…", "no joiner is left dangling");
    assert_eq!(Unit::Bytes.clip("回回", 2), "");
    assert_eq!(Unit::Bytes.clip("", 0), "");
}

#[test]
fn escapes_are_whole() {
    assert_eq!(Unit::Bytes.clip_escaped("a&b", 7, markup::entities), "a&amp;b");
    for most in 0..60 {
        let clipped = Unit::Bytes.clip_escaped("&&&&&&&&&&&&", most, markup::entities);
        assert!(clipped.len() <= most, "{most} {clipped}");
        assert_eq!(clipped.replace("&amp;", "").trim_end_matches('…'), "");
    }
    assert_eq!(
        Unit::Bytes.clip_escaped(&"&".repeat(100), 100, markup::entities).matches("&amp;").count(),
        19
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_clipped_fits_and_is_a_beginning(text in "(?s).{0,80}", most in 0_usize..100) {
        for unit in [Unit::Bytes, Unit::Utf16] {
            let clipped = unit.clip(&text, most);
            prop_assert!(unit.count(&clipped) <= most);
            let kept = clipped.strip_suffix('…').unwrap_or(&clipped);
            prop_assert!(text.starts_with(kept));
            prop_assert_eq!(clipped == text, unit.count(&text) <= most || text.is_empty());
            prop_assert!(unit.count(&unit.clip_escaped(&text, most, markup::html)) <= most);
        }
    }
}

//! Whatever is in the file, it is read or told wrong, and told in short.

use proptest::prelude::*;

use super::{SERVICE, load_with};
use crate::config::{Config, Mistakes};

/// The sum of what is shown stays small, in one line where one line is meant.
fn shown(loaded: &Result<Config, Mistakes>) {
    let Err(mistakes) = loaded else { return };
    assert!(!mistakes.is_empty());
    assert!(!mistakes.summary().contains('\n'));
    for mistake in mistakes.iter() {
        assert!(!mistake.to_string().contains('\n'));
    }
    assert!(mistakes.to_string().len() < 400_000);
    assert!(mistakes.render(false).len() < 1_000_000);
}

/// Keys and values that mean something, next to some that do not.
fn piece() -> impl Strategy<Value = String> {
    let keys = "(service|api|health|web|watch|window|trigger|url|tcp|docker|email|webhook|channel|alert|urgent|\
                channels|people|state|dir|keep|rollback|before|status|json|\"/a\"|\"x\\[9\\]\"|password-file|to|smtp|\
                prometheus|metrics|dependency|business|error-rate|latency-p95|resources|query|above|below|over|for|of|\
                ask|within|anomaly|history|least|metric|relative)";
    let value = prop_oneof![
        Just("\"10s\"".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("{ a = 1 }".to_owned()),
        Just("[[1], { x = \"y\" }]".to_owned()),
        Just("1979-05-27T07:32:00Z".to_owned()),
        Just("-0x7fff_ffff".to_owned()),
        Just("nan".to_owned()),
        Just("\"5%\"".to_owned()),
        Just("\"a / b\"".to_owned()),
        "\"[a-z:/@.é\u{202e} ]{0,12}\"",
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
    ];
    let path = prop::collection::vec(keys, 1..5).prop_map(|keys| keys.join("."));
    prop_oneof![
        path.clone().prop_map(|path| format!("[{path}]\n")),
        (path, value).prop_map(|(path, value)| format!("{path} = {value}\n")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_told(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let place = super::Place::new();
        place.write("rules.toml", &bytes);
        shown(&place.load(&[]));
    }

    #[test]
    fn random_text_is_told(text in "(?s).{0,200}") {
        shown(&load_with(&text, &[]));
    }

    #[test]
    fn random_toml_is_read_or_told(pieces in prop::collection::vec(piece(), 0..12)) {
        shown(&load_with(&pieces.concat(), &[]));
    }

    #[test]
    fn each_key_alone_is_read_or_told(piece in piece()) {
        shown(&load_with(&piece, &[]));
    }

    #[test]
    fn random_variables_are_read_or_told(name in "GOLIVE__[a-zA-Z_.\\[\\]0-9]{0,30}", value in "(?s).{0,30}") {
        shown(&load_with(SERVICE, &[(&name, &value)]));
    }

    #[test]
    fn a_byte_changed_is_read_or_told(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = include_bytes!("wrong.toml").to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let place = super::Place::new();
        place.write("rules.toml", &bytes);
        shown(&place.load(&[]));
    }
}

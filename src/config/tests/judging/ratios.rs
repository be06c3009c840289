//! Ratios are exact to the millionth.

use proptest::prelude::*;

use super::super::{SERVICE, load, load_with};
use super::Ppm;

/// What a limit of the error rate reads as, or what is told.
fn read(value: &str) -> Result<Ppm, String> {
    let config = load(&format!("{SERVICE}[service.api.trigger]\nerror-rate = {{ above = {value} }}"));
    let policy = |config: crate::config::Config| config.services["api"].policy.clone();
    config.map(|config| policy(config).triggers.error_rate.unwrap().above).map_err(|wrong| {
        assert_eq!(wrong.iter().count(), 1, "{value}\n{wrong}");
        wrong.to_string()
    })
}

#[test]
fn a_ratio_is_what_is_written() {
    let cases = [
        ("\"5%\"", 50_000),
        ("\"5.0000%\"", 50_000),
        ("\" 05 % \"", 50_000),
        ("\"0.1%\"", 1_000),
        ("\"0.0001%\"", 1),
        ("\"0%\"", 0),
        ("\"-0%\"", 0),
        ("\"100%\"", 1_000_000),
        ("\"100.0000000%\"", 1_000_000),
        ("\"99.9999%\"", 999_999),
        ("0.05", 50_000),
        ("5e-2", 50_000),
        ("0.000001", 1),
        ("1e-6", 1),
        ("0.07", 70_000),
        ("0.29", 290_000),
        ("0.999999", 999_999),
        ("0", 0),
        ("0.0", 0),
        ("-0.0", 0),
        ("1", 1_000_000),
        ("1.0", 1_000_000),
    ];
    for (text, ppm) in cases {
        assert_eq!(read(text), Ok(Ppm(ppm)), "{text}");
    }
}

#[test]
fn what_is_no_ratio_is_told() {
    let range = "is not from 0 to 1";
    let cases = [
        ("5", range),
        ("1.000001", range),
        ("-1", range),
        ("-0.05", range),
        ("1e300", range),
        ("9223372036854775807", range),
        ("\"100.0001%\"", range),
        ("\"-5%\"", range),
        ("\"99999999999999999999%\"", range),
        ("0.0000001", "is finer than a millionth"),
        ("1e-300", "is finer than a millionth"),
        ("\"0.00001%\"", "is finer than a millionth"),
        ("\"5\"", "\"5\" is not a ratio"),
        ("\"0.05\"", "is not a ratio"),
        ("\"%\"", "is not a ratio"),
        ("\".5%\"", "is not a ratio"),
        ("\"5.%\"", "is not a ratio"),
        ("\"+5%\"", "is not a ratio"),
        ("\"5 %%\"", "is not a ratio"),
        ("\"five%\"", "is not a ratio"),
        ("\"5e1%\"", "is not a ratio"),
        ("true", "cannot be true or false"),
        ("[0.05]", "cannot be a list"),
    ];
    for (text, message) in cases {
        let told = read(text).expect_err(text);
        assert!(told.contains(message), "{text}\n{told}");
        assert!(told.contains("hint: write \"5%\" or 0.05"), "{text}\n{told}");
    }
}

#[test]
fn a_variable_may_hold_one() {
    let name = "GOLIVE__SERVICE__API__TRIGGER__ERROR_RATE__ABOVE";
    for (text, ppm) in [("7%", 70_000), ("0.07", 70_000), ("1", 1_000_000)] {
        let config = load_with(SERVICE, &[(name, text)]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(
            config.services["api"].policy.triggers.error_rate.as_ref().unwrap().above,
            Ppm(ppm),
            "{text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// As a number and as a percentage, with every digit.
    #[test]
    fn every_millionth_is_exact(ppm in 0..=1_000_000_u32) {
        let (whole, rest) = (ppm / 1_000_000, ppm % 1_000_000);
        prop_assert_eq!(read(&format!("{whole}.{rest:06}")), Ok(Ppm(ppm)));
        let (whole, rest) = (ppm / 10_000, ppm % 10_000);
        prop_assert_eq!(read(&format!("\"{whole}.{rest:04}%\"")), Ok(Ppm(ppm)));
    }
}

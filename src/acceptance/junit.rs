//! Items as `JUnit` writes test cases, for CI servers. What could not be told is skipped there: they know no third word.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde_json::Value;

use super::{Item, Verdict};
use crate::untrusted::harmless;

/// Why it cannot be written.
pub type Error = std::io::Error;

/// A test case.
#[derive(Debug)]
pub struct Case<'a> {
    /// What it belongs to.
    pub group: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How it went.
    pub verdict: Verdict,
    /// What was seen.
    pub message: &'a str,
    /// How long it took.
    pub seconds: f64,
    /// More of what was measured, by name.
    pub figures: Vec<(String, String)>,
}

impl<'a> Case<'a> {
    /// An item of an acceptance run.
    pub fn of(item: &'a Item) -> Self {
        Self {
            group: item.group.into(),
            name: &item.name,
            verdict: item.verdict,
            message: &item.message,
            seconds: item.took.as_secs_f64(),
            figures: flat("", &super::json::figures(item)),
        }
    }
}

/// A document with one suite, for a run of a verb over a service.
pub fn written(verb: &str, service: &str, cases: &[Case<'_>]) -> Result<Vec<u8>, Error> {
    let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count().to_string();
    let time = format!("{:.3}", cases.iter().map(|case| case.seconds).sum::<f64>());
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let element = out.create_element("testsuite").with_attributes([
        ("name", format!("golive {verb} {service}").as_str()),
        ("tests", &cases.len().to_string()),
        ("failures", &count(Verdict::Fail)),
        ("errors", "0"),
        ("skipped", &count(Verdict::NoData)),
        ("time", &time),
    ]);
    element.write_inner_content(|out| cases.iter().try_for_each(|case| write(out, service, case)))?;
    let mut document = out.into_inner();
    document.push(b'\n');
    Ok(document)
}

/// The numbers in what was measured, by name; those of a table within have its name before their own.
fn flat(before: &str, figures: &Value) -> Vec<(String, String)> {
    let each = figures.as_object().into_iter().flatten().flat_map(|(name, value)| {
        let name = format!("{before}{name}");
        match value {
            Value::Number(number) => vec![(name, number.to_string())],
            Value::Object(_) => flat(&format!("{name}."), value),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => Vec::new(),
        }
    });
    each.collect()
}

fn write(out: &mut Writer<Vec<u8>>, service: &str, case: &Case<'_>) -> Result<(), Error> {
    let element = out.create_element("testcase").with_attributes([
        ("classname", harmless(&format!("{service}.{}", case.group)).as_str()),
        ("name", harmless(case.name).as_str()),
        ("time", &format!("{:.3}", case.seconds)),
    ]);
    // XML has no way to write most of the characters that act.
    let said = harmless(case.message);
    let message = ("message", said.as_str());
    element.write_inner_content(|out| {
        if !case.figures.is_empty() {
            let properties = out.create_element("properties");
            properties.write_inner_content(|out| {
                case.figures.iter().try_for_each(|(name, value)| {
                    let property = [("name", name.as_str()), ("value", value)];
                    out.create_element("property").with_attributes(property).write_empty().map(drop)
                })
            })?;
        }
        match case.verdict {
            Verdict::Pass => {
                out.create_element("system-out").write_text_content(BytesText::new(&said))?;
            }
            Verdict::Fail => {
                out.create_element("failure").with_attribute(message).write_empty()?;
            }
            Verdict::NoData => {
                out.create_element("skipped").with_attribute(message).write_empty()?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

//! Items as `JUnit` writes test cases, for CI servers. What could not be told is skipped there: they know no third word.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Item, Verdict};
use crate::untrusted::harmless;

/// Why it cannot be written.
pub type Error = std::io::Error;

/// A document with one suite.
pub fn written(service: &str, items: &[Item]) -> Result<Vec<u8>, Error> {
    let count = |verdict| items.iter().filter(|item| item.verdict == verdict).count().to_string();
    let seconds = |item: &Item| item.took.as_secs_f64();
    let time = format!("{:.3}", items.iter().map(seconds).sum::<f64>());
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suite = out.create_element("testsuite").with_attributes([
        ("name", format!("golive verify {service}").as_str()),
        ("tests", &items.len().to_string()),
        ("failures", &count(Verdict::Fail)),
        ("errors", "0"),
        ("skipped", &count(Verdict::NoData)),
        ("time", &time),
    ]);
    suite.write_inner_content(|out| {
        for item in items {
            case(out, service, item)?;
        }
        Ok(())
    })?;
    let mut document = out.into_inner();
    document.push(b'\n');
    Ok(document)
}

fn case(out: &mut Writer<Vec<u8>>, service: &str, item: &Item) -> Result<(), Error> {
    let group: &str = item.group.into();
    let case = out.create_element("testcase").with_attributes([
        ("classname", format!("{service}.{group}").as_str()),
        ("name", harmless(&item.name).as_str()),
        ("time", &format!("{:.3}", item.took.as_secs_f64())),
    ]);
    // XML has no way to write most of the characters that act.
    let said = harmless(&item.message);
    let message = ("message", said.as_str());
    case.write_inner_content(|out| {
        match item.verdict {
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

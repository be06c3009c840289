//! `golive checklist SERVICE attach FILE`

use std::collections::BTreeMap;
use std::path::Path;

use super::run::{looked, service};
use super::{Asking, summary};
use crate::cli::show::say;
use crate::cli::{CliError, Context};
use crate::config::CheckKind;
use crate::config::acceptance::Acceptance;
use crate::model::checklist::{Deed, Found};
use crate::model::sample::Outcome;

pub(super) async fn run(
    file: &Path,
    item: Option<&str>,
    ask: Asking,
    context: &Context,
) -> Result<u8, CliError> {
    let config = context.config()?;
    // Asked first: the daemon says which services and items there are.
    ask.of(context, None, Deed::Show).await?;
    let service = service(&config, &ask.service)?;
    let takes = service.checklist.iter().filter(|(name, _)| item.is_none_or(|item| item == name.as_str()));
    let takes: BTreeMap<String, Acceptance> =
        takes.filter_map(|(name, item)| Some((name.clone(), of_file(item, file)?))).collect();
    if takes.is_empty() {
        let which =
            item.map_or("no item takes a report".to_owned(), |item| format!("{item} takes no report"));
        return Err(CliError::Usage(format!("{which}: write report = {{ junit = \"…\" }} in its table")));
    }
    let found = looked(&takes, service, &config, |_| ()).await?;
    let found = fitting(found, file, item)?;
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    say(&format!("{} is the report of {}", file.display(), names.join(", ")))?;
    let failed = found.values().any(|found| found.result != Outcome::Ok);
    summary(&ask.of(context, None, Deed::Report(found)).await?)?;
    Ok(u8::from(failed))
}

/// The same item, which looks at this file.
fn of_file(item: &Acceptance, file: &Path) -> Option<Acceptance> {
    let mut item = item.clone();
    let CheckKind::Report(report) = &mut item.check.kind else { return None };
    file.clone_into(&mut report.path);
    Some(item)
}

/// The one item whose report this is: the others cannot read it.
fn fitting(
    mut found: BTreeMap<String, Found>,
    file: &Path,
    item: Option<&str>,
) -> Result<BTreeMap<String, Found>, CliError> {
    let unread = found.values().find_map(|found| match &found.result {
        Outcome::Blind(why) => Some(why.clone()),
        Outcome::Ok | Outcome::Failed(_) => None,
    });
    found.retain(|_, found| !matches!(found.result, Outcome::Blind(_)));
    let file = file.display();
    match found.len() {
        0 => Err(CliError::Usage(format!(
            "{file} is no report that an item takes: {}",
            unread.unwrap_or_default()
        ))),
        1 => Ok(found),
        _ if item.is_some() => Ok(found),
        _ => {
            let names: Vec<String> = found.into_keys().collect();
            Err(CliError::Usage(format!(
                "{file} may be the report of {}: name one with --item",
                names.join(" or ")
            )))
        }
    }
}

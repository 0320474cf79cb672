//! `pex_binaries`: makes one binary for each entry point.

use std::sync::Arc;

use super::builder::{TargetBuilder, TargetParts};
use super::overrides::{Overridden, OverrideKeys, Overrides};
use super::site::DeclarationSite;
use crate::error::Error;
use buildfile::Data;

/// Adds a generator, and a target for each of its entry points.
pub(super) fn generated<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
) -> Result<(), Error> {
    let entry_points = site.declaration.get("entry_points").map(Data::strings);
    let names: Vec<&str> = entry_points.iter().flatten().copied().collect();
    let about = Overridden {
        kind: "pex_binary",
        options: builder.options(),
        keys: OverrideKeys::EntryPoints,
        names: &names,
    };
    let overrides = Overrides::of(site, &about)?;
    for choice in builder.generator_choices(site)? {
        builder.generator(site, &choice, |builder, generator| {
            for entry_point in entry_points.iter().flatten() {
                for mut choice in
                    overrides.apply(site, &choice, entry_point, OverrideKeys::EntryPoints)?
                {
                    let value = Data::Str(Arc::from(*entry_point));
                    choice.values.push((Arc::from("entry_point"), value));
                    let base = site.address_of_part(&entry_point.replace(':', "-"));
                    let mut parts =
                        TargetParts::of_kind(builder.options(), (base, "pex_binary"), choice);
                    parts.generator = Some(generator);
                    builder.push_generated(site, parts)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

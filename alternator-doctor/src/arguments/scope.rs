//! The scope, as the application names it to the library.

use alternator_lb_sdk::Scope;

/// A part of a scope chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScopePart {
    Cluster,
    Datacenter(String),
    Rack { datacenter: String, rack: String },
}

/// Each part is a request.
const MAX_SCOPES: usize = 16;

/// Parses the value of `--scope`.
pub(super) fn scope(text: &str) -> Result<Vec<ScopePart>, String> {
    let part = |part: &str| match part.trim().split_once('/') {
        Some(("", _) | (_, "")) => Err("write a rack as datacenter/rack".to_owned()),
        Some((datacenter, rack)) => Ok(ScopePart::Rack {
            datacenter: datacenter.to_owned(),
            rack: rack.to_owned(),
        }),
        None => match part.trim() {
            "" => Err("write it as dc1/rack1,dc1,cluster".to_owned()),
            "cluster" => Ok(ScopePart::Cluster),
            datacenter => Ok(ScopePart::Datacenter(datacenter.to_owned())),
        },
    };
    let parts: Vec<_> = text.split(',').map(part).collect::<Result<_, _>>()?;
    match parts.len() {
        0..=MAX_SCOPES => Ok(parts),
        _ => Err(format!("a scope has at most {MAX_SCOPES} parts")),
    }
}

impl ScopePart {
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::Cluster => Scope::cluster(),
            Self::Datacenter(datacenter) => Scope::datacenter(datacenter),
            Self::Rack { datacenter, rack } => Scope::rack(datacenter, rack),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_is_a_chain() {
        let rack = ScopePart::Rack {
            datacenter: "dc1".to_owned(),
            rack: "r1".to_owned(),
        };
        let datacenter = ScopePart::Datacenter("dc1".to_owned());
        let expected = vec![rack, datacenter, ScopePart::Cluster];
        assert_eq!(scope("dc1/r1, dc1,cluster"), Ok(expected));
    }

    #[test]
    fn scope_is_limited() {
        let parts = |count: usize| vec!["dc"; count].join(",");
        assert!(scope(&parts(MAX_SCOPES)).is_ok());
        assert!(scope(&parts(MAX_SCOPES + 1)).is_err());
    }
}

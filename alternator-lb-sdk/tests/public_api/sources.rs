//! The modules of the two library crates, as syntax trees.

use std::collections::BTreeMap;
use std::path::Path;
use syn::{Item, ItemMod, ItemUse, UseTree, Visibility};

/// The modules of a crate by their paths, `a::b`; the root's is empty.
pub(crate) struct Crate {
    modules: BTreeMap<String, Vec<Item>>,
}

impl Crate {
    /// Parses all modules that are declared from `src/lib.rs` on, except those [for tests](is_for_tests).
    pub(crate) fn parse(package: &Path) -> Self {
        let mut this = Self {
            modules: BTreeMap::new(),
        };
        this.read(&package.join("src/lib.rs"), &package.join("src"), "");
        this
    }

    fn read(&mut self, file: &Path, folder: &Path, path: &str) {
        let text = std::fs::read_to_string(file).unwrap();
        let items = syn::parse_file(&text).unwrap().items;
        for item in &items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            if module.content.is_some() || is_for_tests(module) {
                continue;
            }
            let path = join(path, &name);
            let flat = folder.join(format!("{name}.rs"));
            let inner = folder.join(&name);
            if flat.exists() {
                self.read(&flat, &inner, &path);
            } else if inner.join("mod.rs").exists() {
                self.read(&inner.join("mod.rs"), &inner, &path);
            }
        }
        self.modules.insert(path.to_owned(), items);
    }

    /// The items of a module; the root's path is empty.
    pub(crate) fn module(&self, path: &str) -> &[Item] {
        &self.modules[path]
    }

    /// All items of all modules.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.modules.values().flatten()
    }

    /// The definition of an item, followed through re-exports; `path` is its path from the root.
    pub(crate) fn find(&self, path: &str) -> &Item {
        let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
        let items = &self.modules[module];
        if let Some(item) = items
            .iter()
            .find(|item| name_of(item) == Some(name.to_owned()))
        {
            return item;
        }
        let reexports = items.iter().filter_map(|item| match item {
            Item::Use(reexport) => Some(leaves(&reexport.tree, "")),
            _ => None,
        });
        let Some(leaf) = reexports.flatten().find(|leaf| last(leaf) == name) else {
            panic!("{path} is not defined in its module");
        };
        let leaf = match leaf.strip_prefix("crate::") {
            Some(absolute) => absolute.to_owned(),
            None => join(module, &leaf),
        };
        self.find(&leaf)
    }
}

/// Returns whether no user gets the module: it exists in tests, or for fuzz targets.
pub(crate) fn is_for_tests(module: &ItemMod) -> bool {
    module.ident == "tests" || module.ident == "fuzzing"
}

/// The public re-exports among some items: each with its attributes, and the paths that it exports.
pub(crate) fn reexports(items: &[Item]) -> impl Iterator<Item = (&ItemUse, Vec<String>)> {
    items.iter().filter_map(|item| match item {
        Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => {
            Some((item, leaves(&item.tree, "")))
        }
        _ => None,
    })
}

fn leaves(tree: &UseTree, prefix: &str) -> Vec<String> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &join(prefix, &path.ident.to_string())),
        UseTree::Name(name) => vec![join(prefix, &name.ident.to_string())],
        UseTree::Rename(rename) => vec![join(prefix, &rename.ident.to_string())],
        UseTree::Group(group) => group
            .items
            .iter()
            .flat_map(|tree| leaves(tree, prefix))
            .collect(),
        UseTree::Glob(_) => panic!("glob re-exports hide the public API"),
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

pub(crate) fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

pub(crate) fn join(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}::{name}"),
    }
}

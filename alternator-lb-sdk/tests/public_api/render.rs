//! Renders the public API as Rust without bodies, docs and private parts.

use crate::sources::{Crate, is_for_tests, join, last, reexports};
use quote::ToTokens as _;
use std::collections::BTreeMap;
use std::path::Path;
use syn::{Attribute, Fields, File, ImplItem, Item, ItemImpl, TraitItem, Type, Visibility};

/// The listing of the crate in the folder `package`, and of what it re-exports from `alternator-lb-core`.
pub(crate) fn public_api(package: &Path) -> String {
    let sdk = Crate::parse(package);
    let core = Crate::parse(&package.join("../alternator-lb-core"));
    let mut listing = BTreeMap::new();
    list_module(&mut listing, "", &sdk, &core);
    listing
        .into_iter()
        .map(|(path, text)| format!("// {path}\n{text}\n"))
        .collect()
}

/// Lists what a module re-exports, its functions, and its public modules.
fn list_module(listing: &mut BTreeMap<String, String>, module: &str, sdk: &Crate, core: &Crate) {
    let items = sdk.module(module);
    list(listing, module, items, sdk, core);
    for item in items {
        let Item::Mod(inner) = item else { continue };
        if !is_public(&inner.vis) || is_for_tests(inner) {
            continue;
        }
        let path = join(module, &inner.ident.to_string());
        if inner.content.is_none() {
            let (attributes, name) = (kept(&inner.attrs, &[]), &inner.ident);
            let text = unparse(vec![syn::parse_quote!(#(#attributes)* pub mod #name {})]);
            listing.insert(format!("{path}::"), text);
        }
        match &inner.content {
            Some((_, items)) => list(listing, &path, items, sdk, core),
            // Its modules are texts.
            None if path == "docs" => {}
            None => list_module(listing, &path, sdk, core),
        }
    }
}

fn list(
    listing: &mut BTreeMap<String, String>,
    module: &str,
    items: &[Item],
    sdk: &Crate,
    core: &Crate,
) {
    for (reexport, paths) in reexports(items) {
        for path in paths {
            let (origin, inner) = match path.split_once("::") {
                Some(("alternator_lb_core", inner)) => (core, inner.to_owned()),
                Some(("crate", inner)) => (sdk, inner.to_owned()),
                _ => (sdk, join(module, &path)),
            };
            let name = last(&path);
            let mut rendered = vec![definition(origin.find(&inner), &reexport.attrs)];
            rendered.extend(impls(origin, name));
            listing.insert(join(module, name), unparse(rendered));
        }
    }
    for item in items {
        if let Item::Fn(function) = item
            && is_public(&function.vis)
        {
            let mut function = function.clone();
            function.attrs = kept(&function.attrs, &[]);
            function.block = syn::parse_quote!({});
            let path = join(module, &function.sig.ident.to_string());
            listing.insert(path, unparse(vec![Item::Fn(function)]));
        }
    }
}

fn unparse(items: Vec<Item>) -> String {
    prettyplease::unparse(&File {
        shebang: None,
        attrs: Vec::new(),
        items,
    })
}

/// The item without docs, private fields and bodies.
fn definition(item: &Item, exported_if: &[Attribute]) -> Item {
    let mut item = item.clone();
    match &mut item {
        Item::Struct(item) => {
            item.attrs = kept(&item.attrs, exported_if);
            if let Fields::Unnamed(fields) = &item.fields
                && !fields.unnamed.iter().any(|field| is_public(&field.vis))
            {
                item.fields = Fields::Unit;
                item.semi_token = Some(Default::default());
            }
            if let Fields::Named(fields) = &mut item.fields {
                let public = std::mem::take(&mut fields.named).into_iter();
                fields.named = public.filter(|field| is_public(&field.vis)).collect();
                fields
                    .named
                    .iter_mut()
                    .for_each(|field| field.attrs.clear());
            }
        }
        Item::Enum(item) => {
            item.attrs = kept(&item.attrs, exported_if);
            for variant in &mut item.variants {
                variant.attrs = kept(&variant.attrs, &[]);
                variant
                    .fields
                    .iter_mut()
                    .for_each(|field| field.attrs.clear());
            }
        }
        Item::Trait(item) => {
            item.attrs = kept(&item.attrs, exported_if);
            for item in &mut item.items {
                if let TraitItem::Fn(function) = item {
                    function.attrs = kept(&function.attrs, &[]);
                    function.default = None;
                }
            }
        }
        Item::Type(item) => item.attrs = kept(&item.attrs, exported_if),
        other => panic!("no rule to render {}", other.to_token_stream()),
    }
    item
}

/// The public methods of a type, and the traits that it implements by hand.
fn impls(origin: &Crate, name: &str) -> Vec<Item> {
    let is_of = |item: &ItemImpl| match &*item.self_ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == name),
        _ => false,
    };
    let mut methods: BTreeMap<String, ImplItem> = BTreeMap::new();
    let mut traits: BTreeMap<String, Item> = BTreeMap::new();
    for item in origin.items() {
        let Item::Impl(item) = item else { continue };
        if !is_of(item) {
            continue;
        }
        if item.trait_.is_some() {
            let mut item = item.clone();
            let text = item
                .trait_
                .as_ref()
                .map(|(_, path, _)| path.to_token_stream().to_string());
            item.attrs = kept(&item.attrs, &[]);
            item.items.clear();
            traits.insert(text.unwrap_or_default(), Item::Impl(item));
            continue;
        }
        for member in &item.items {
            if let ImplItem::Fn(function) = member
                && is_public(&function.vis)
            {
                let mut function = function.clone();
                function.attrs = kept(&function.attrs, &[]);
                function.block = syn::parse_quote!({});
                methods.insert(function.sig.ident.to_string(), ImplItem::Fn(function));
            }
        }
    }
    let own = syn::Ident::new(name, proc_macro2::Span::call_site());
    let methods: Vec<ImplItem> = methods.into_values().collect();
    let mut rendered = Vec::new();
    if !methods.is_empty() {
        rendered.push(syn::parse_quote!(impl #own { #(#methods)* }));
    }
    rendered.extend(traits.into_values());
    rendered
}

/// The attributes that are part of the API.
fn kept(attributes: &[Attribute], exported_if: &[Attribute]) -> Vec<Attribute> {
    let is_kept = |attribute: &&Attribute| {
        ["cfg", "derive", "non_exhaustive", "must_use"]
            .iter()
            .any(|name| attribute.path().is_ident(name))
    };
    exported_if
        .iter()
        .chain(attributes)
        .filter(is_kept)
        .cloned()
        .collect()
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

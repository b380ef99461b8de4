use super::*;
use proptest::prelude::*;

const PLAIN: Write<'static> = Write {
    kind: WriteKind::Put,
    is_conditional: false,
    returns: Returns::Nothing,
};

fn update(expression: &str) -> Write<'_> {
    Write {
        kind: WriteKind::Update {
            expression: Some(expression),
            changes_attributes: false,
        },
        ..PLAIN
    }
}

fn legacy_update(changes_attributes: bool) -> Write<'static> {
    Write {
        kind: WriteKind::Update {
            expression: None,
            changes_attributes,
        },
        ..PLAIN
    }
}

fn rules(isolation: Isolation) -> WriteRules {
    WriteRules {
        isolation,
        always_reads: false,
    }
}

#[test]
fn write_only_expressions_use_no_transaction() {
    let blind = [
        "SET a = :v",
        "set a=:v",
        "SeT #a = :v, b = :w , #c_1 = :x",
        "SET a = :v + :w, b = :v - :w",
        "SET a = list_append(:v, :w), b = :x",
        "SET a = list_append(list_append(:v, :w), :x)",
        "REMOVE a",
        "REMOVE a, #b, c",
        "SET a = :v REMOVE b SET c = :w",
        "\n\tREMOVE a\r\nSET b = :v\n",
        "REMOVE added, settings, deleted, set_of_things",
    ];
    for expression in blind {
        assert!(!update(expression).is_read_modify_write(), "{expression}");
    }
}

#[test]
fn reading_expressions_use_a_transaction() {
    let reading = [
        "SET a = b",
        "SET a = #b",
        "SET a = a + :v",
        "SET a = :v - #a",
        "SET b = :v, a = b",
        "SET a = if_not_exists(a, :v)",
        "SET a = if_not_exists (#a, :v)",
        "SET a = list_append(a, :v)",
        "SET a = list_append(:v, #a)",
        "SET a = :v, b = list_append(:v, list_append(:w, c))",
        "SET a.b = :v",
        "SET #a.#b = :v",
        "SET a[0] = :v",
        "SET a[0].b = :v",
        "SET a = b.c",
        "REMOVE a.b",
        "REMOVE #a[3]",
        "REMOVE a, b, c.d",
        "ADD a :v",
        "add #a :v",
        "DELETE a :v",
        "SET a = :v ADD b :w",
        "SET a = :v REMOVE b DELETE c :w",
        "REMOVE a SET b = c",
    ];
    for expression in reading {
        assert!(update(expression).is_read_modify_write(), "{expression}");
    }
}

#[test]
fn malformed_expressions_count_as_transactions() {
    let odd = [
        "",
        "a = :v",
        "PUT a :v",
        "SET a == :v",
        "SET a = :v)",
        "SET a = é",
        "SET a = 'x'",
        "SET a = :",
        "SET (a) = :v",
        "REMOVE :v",
        "SET a = :v < :w",
        "SET a = :v; REMOVE b",
        "SET a = :v * b",
        "SET a = size(b)",
    ];
    for expression in odd {
        assert!(update(expression).is_read_modify_write(), "{expression}");
    }
}

#[test]
fn conditional_writes_use_a_transaction() {
    let delete = Write {
        kind: WriteKind::Delete,
        ..PLAIN
    };
    for write in [PLAIN, delete, update("SET a = :v"), legacy_update(false)] {
        assert!(!write.is_read_modify_write(), "{write:?}");
        let conditional = Write {
            is_conditional: true,
            ..write
        };
        assert!(conditional.is_read_modify_write(), "{write:?}");
    }
}

#[test]
fn legacy_updates_of_stored_values_use_a_transaction() {
    assert!(legacy_update(true).is_read_modify_write());
    assert!(!legacy_update(false).is_read_modify_write());
}

#[test]
fn writes_that_return_stored_attributes_use_a_transaction() {
    let returning =
        |write: Write<'static>, returns| Write { returns, ..write }.is_read_modify_write();
    let delete = Write {
        kind: WriteKind::Delete,
        ..PLAIN
    };
    for (write, updated_new) in [(PLAIN, true), (delete, true), (update("SET a = :v"), false)] {
        assert!(!returning(write, Returns::Nothing));
        assert_eq!(
            returning(write, Returns::UpdatedNew),
            updated_new,
            "{write:?}"
        );
        assert!(returning(write, Returns::Stored));
    }
}

#[test]
fn isolation_mode_decides_which_writes_use_transactions() {
    let batch = Write {
        kind: WriteKind::Batch,
        ..PLAIN
    };
    let counter = update("ADD a :v");
    let table = [
        (Isolation::Always, [true, true, true]),
        (Isolation::OnlyReadModifyWrite, [false, false, true]),
        (Isolation::Forbid, [false, false, false]),
        (Isolation::Unsafe, [false, false, false]),
    ];
    for (mode, expected) in table {
        let uses = [PLAIN, batch, counter].map(|write| rules(mode).uses_transaction(&write));
        assert_eq!(uses, expected, "{mode:?}");
    }
}

#[test]
fn updates_and_deletes_use_transactions_where_the_server_always_reads() {
    let delete = Write {
        kind: WriteKind::Delete,
        ..PLAIN
    };
    let batch = Write {
        kind: WriteKind::Batch,
        ..PLAIN
    };
    let uses = |isolation| {
        let rules = WriteRules {
            always_reads: true,
            ..rules(isolation)
        };
        [PLAIN, batch, delete, update("SET a = :v")].map(|write| rules.uses_transaction(&write))
    };
    assert_eq!(
        uses(Isolation::OnlyReadModifyWrite),
        [false, false, true, true]
    );
    assert_eq!(uses(Isolation::Unsafe), [false; 4]);
}

#[test]
fn mode_is_parsed_by_its_first_letter() {
    let names = [
        ("a always always_use_lwt", Isolation::Always),
        ("o only_rmw_uses_lwt", Isolation::OnlyReadModifyWrite),
        ("f forbid forbid_rmw", Isolation::Forbid),
        ("u unsafe unsafe_rmw", Isolation::Unsafe),
    ];
    for (names, mode) in names {
        for name in names.split(' ') {
            assert_eq!(Isolation::parse(name), Some(mode), "{name}");
        }
    }
    for name in ["", "x", "Always", " a"] {
        assert_eq!(Isolation::parse(name), None, "{name:?}");
    }
}

/// The path of a whole attribute, or of a part of one.
fn any_path(is_nested: bool) -> impl Strategy<Value = String> {
    match is_nested {
        false => "(#[a-z0-9]{1,3}|x[a-z0-9_]{1,3})",
        true => "(#[a-z0-9]{1,3}|x[a-z]{1,3})(\\.#[a-z]|\\[[0-9]\\]){1,3}",
    }
}

proptest! {
    #[test]
    fn text_after_a_reading_clause_changes_nothing(
        text in ".*",
        words in "((SET|REMOVE|ADD|,|=|\\(|\\)|:v|#a|a|\\.|\\[0\\]| ){1,3} ?){0,20}",
    ) {
        for rest in [&text, &words] {
            let expression = format!("SET a = b, {rest}");
            prop_assert!(update(&expression).is_read_modify_write(), "{}", expression);
            let after_blind = |clauses| update(&format!("{clauses} {rest}")).is_read_modify_write();
            prop_assert_eq!(after_blind("REMOVE x"), after_blind("SET y = :v REMOVE z, x"), "{}", rest);
        }
    }

    #[test]
    fn path_on_a_right_side_is_found_among_any_number_of_values(
        targets in prop::collection::vec(any_path(false), 1..8),
        read in any_path(false),
        place in any::<prop::sample::Index>(),
        spaces in "[ \t\n]{1,3}",
    ) {
        let place = place.index(targets.len());
        let written = |reads: bool| {
            let assign = |(position, target): (usize, &String)| match reads && position == place {
                true => format!("{target} = list_append(:v,{read})"),
                false => format!("{target} = list_append(:v,:w) + :x"),
            };
            let all: Vec<_> = targets.iter().enumerate().map(assign).collect();
            format!("SET {}", all.join(", ")).replace(' ', &spaces)
        };
        prop_assert!(!update(&written(false)).is_read_modify_write(), "{}", written(false));
        prop_assert!(update(&written(true)).is_read_modify_write(), "{}", written(true));
    }

    #[test]
    fn nested_path_is_found_in_any_clause(path in any_path(true), other in any_path(false)) {
        for expression in [format!("SET {other} = :v, {path} = :v"), format!("REMOVE {other}, {path}")] {
            prop_assert!(update(&expression).is_read_modify_write(), "{}", expression);
        }
    }
}

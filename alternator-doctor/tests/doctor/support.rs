//! Runs of the program, and tables to check.

use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, Tag,
};
use serde_json::Value;
use std::process::{Command, Output};

pub(crate) const ROLE: &str = "app";
pub(crate) const SECRET: &str = "$6$salt$hash";

/// The outcome of a run with `--json`.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) document: Value,
}

/// A finding of the document.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) status: String,
    /// Title and detail.
    pub(crate) text: String,
    pub(crate) advice: String,
}

/// Checks a cluster from its first node, with further arguments.
pub(crate) fn check(cluster: &TestCluster, arguments: &[&str]) -> Run {
    let seed = cluster.node(0).url();
    run(&[&[seed.as_str()], arguments].concat(), &[])
}

/// Checks a cluster with the credentials of the role.
pub(crate) fn check_signed(cluster: &TestCluster, arguments: &[&str]) -> Run {
    let seed = cluster.node(0).url();
    run(
        &[&[seed.as_str()], arguments].concat(),
        &credentials(ROLE, SECRET),
    )
}

/// The variables of the environment for these credentials.
pub(crate) fn credentials<'a>(role: &'a str, secret: &'a str) -> [(&'static str, &'a str); 2] {
    [
        ("ALTERNATOR_ACCESS_KEY", role),
        ("ALTERNATOR_SECRET_KEY", secret),
    ]
}

/// Runs `check --json` with these arguments and variables of the environment.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    // Long enough for a busy machine; later arguments precede it.
    let options = ["check", "--json", "--timeout", "10m"];
    let output = output(&[&options, arguments].concat(), variables);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let document = serde_json::from_str(&text);
    Run {
        status: output.status.code().unwrap(),
        document: document.unwrap_or_else(|error| panic!("{error}: {text}{errors}")),
    }
}

pub(crate) fn output(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alternator-doctor"));
    // Those of the machine that runs the tests.
    for variable in ["ALTERNATOR_ACCESS_KEY", "ALTERNATOR_SECRET_KEY"] {
        command.env_remove(variable);
    }
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    let variables = variables.iter().copied();
    command.args(arguments).envs(variables).output().unwrap()
}

impl Run {
    /// All findings of a check.
    pub(crate) fn findings(&self, check: &str) -> Vec<Finding> {
        let findings = self.document["findings"].as_array().unwrap().iter();
        let of_check = findings.filter(|finding| finding["check"] == check);
        of_check.map(Finding::of).collect()
    }

    /// Expects one finding of a check, with this status and text. Returns its advice.
    pub(crate) fn expect(&self, check: &str, status: &str, text: &str) -> String {
        let findings = self.findings(check);
        let [finding] = findings.as_slice() else {
            panic!("{check}: {findings:#?}");
        };
        assert_eq!(finding.status, status, "{check}: {finding:#?}");
        assert!(finding.text.contains(text), "{check}: {text}: {finding:#?}");
        finding.advice.clone()
    }
}

impl Finding {
    fn of(value: &Value) -> Self {
        let lines = |name: &str| -> Vec<String> {
            let lines = value[name].as_array().unwrap().iter();
            lines
                .map(|line| line.as_str().unwrap().to_owned())
                .collect()
        };
        let title = value["title"].as_str().unwrap();
        Self {
            status: value["status"].as_str().unwrap().to_owned(),
            text: format!("{title}\n{}", lines("detail").join("\n")),
            advice: lines("advice").join("\n"),
        }
    }
}

/// Creates a table with a partition key `pk`, and this write isolation.
pub(crate) fn create_table(cluster: &TestCluster, name: &str, isolation: Option<&str>) {
    let mut config = config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("any"))
        .endpoint_url(cluster.node(0).url());
    config = config.credentials_provider(Credentials::new(ROLE, SECRET, None, None, "test"));
    let client = Client::from_conf(config.build());
    let attribute = AttributeDefinition::builder().attribute_name("pk");
    let key = KeySchemaElement::builder().attribute_name("pk");
    let tag = |value| {
        Tag::builder()
            .key("system:write_isolation")
            .value(value)
            .build()
            .unwrap()
    };
    let creating = client
        .create_table()
        .table_name(name)
        .attribute_definitions(
            attribute
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(key.key_type(KeyType::Hash).build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .set_tags(isolation.map(|value| vec![tag(value)]))
        .send();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(creating).unwrap();
}

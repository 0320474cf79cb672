//! Projects whose modules do not have the name of the project: well-known facts, by normalised
//! project name, so that nobody has to map them by hand. Every row of Pants' default mapping is
//! here, because teams that come from Pants rely on it.

use std::borrow::Cow;

/// The modules that a project provides by this table or by its name, and whether they are
/// type stubs.
#[must_use]
pub fn default_modules(project: &str) -> (Vec<Cow<'static, str>>, Provides) {
    let normalised = normalise(project);
    if let Some(modules) = find(IMPLEMENTATIONS, &normalised) {
        return (modules, Provides::Implementation);
    }
    if let Some(modules) = find(STUBS, &normalised) {
        return (modules, Provides::Stub);
    }
    if let Some(stubbed) = stubbed_project(&normalised) {
        return (vec![Cow::Owned(stubbed.replace('-', "_"))], Provides::Stub);
    }
    let modules = by_pattern(&normalised).unwrap_or_else(|| {
        // Dots stay: they separate namespaces.
        vec![project.trim().to_lowercase().replace('-', "_")]
    });
    (
        modules.into_iter().map(Cow::Owned).collect(),
        Provides::Implementation,
    )
}

/// What a project's modules are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provides {
    /// Code.
    Implementation,
    /// Types only.
    Stub,
}

fn normalise(project: &str) -> String {
    let mut name = String::with_capacity(project.len());
    for c in project.trim().chars() {
        match c {
            '-' | '_' | '.' if !name.ends_with('-') => name.push('-'),
            '-' | '_' | '.' => {}
            other => name.extend(other.to_lowercase()),
        }
    }
    name
}

fn find(
    table: &[(&str, &'static [&'static str])],
    project: &str,
) -> Option<Vec<Cow<'static, str>>> {
    let at = table
        .binary_search_by(|(name, _)| (*name).cmp(project))
        .ok()?;
    Some(
        table[at]
            .1
            .iter()
            .map(|module| Cow::Borrowed(*module))
            .collect(),
    )
}

/// The project that a project of type stubs is about.
fn stubbed_project(project: &str) -> Option<&str> {
    ["stubs-", "types-"]
        .iter()
        .find_map(|prefix| project.strip_prefix(prefix))
        .or_else(|| {
            ["-stubs", "-types"]
                .iter()
                .find_map(|suffix| project.strip_suffix(suffix))
        })
        .filter(|name| !name.is_empty())
}

/// Families of projects whose names say their modules.
fn by_pattern(project: &str) -> Option<Vec<String>> {
    if project.starts_with("azure-") {
        return Some(vec![project.replace('-', ".")]);
    }
    if project.starts_with("oslo-") {
        return Some(vec![project.replace('-', "_")]);
    }
    if let Some(rest) = project.strip_prefix("google-cloud-") {
        let base = format!("google.cloud.{}", rest.replace('-', ""));
        return Some(
            ["", "_v1", "_v2", "_v3"]
                .iter()
                .map(|version| format!("{base}{version}"))
                .collect(),
        );
    }
    if let Some(rest) = project.strip_prefix("opentelemetry-instrumentation-") {
        return Some(vec![format!(
            "opentelemetry.instrumentation.{}",
            rest.replace('-', "_")
        )]);
    }
    if let Some(rest) = project.strip_prefix("apache-airflow-providers-") {
        return Some(vec![format!(
            "airflow.providers.{}",
            rest.replace('-', ".")
        )]);
    }
    let rest = ["django-", "python-"]
        .iter()
        .find_map(|prefix| project.strip_prefix(prefix))
        .filter(|rest| !rest.is_empty())?;
    // Some projects keep the prefix in the name of the module: `django_prometheus`.
    Some(vec![rest.replace('-', "_"), project.replace('-', "_")])
}

/// Sorted by project.
const IMPLEMENTATIONS: &[(&str, &[&str])] = &[
    ("absl-py", &["absl"]),
    ("acryl-datahub", &["datahub"]),
    ("aiodataloader-ng", &["aiodataloader"]),
    ("aiomonitor-ng", &["aiomonitor"]),
    ("amplitude-analytics", &["amplitude"]),
    ("ansicolors", &["colors"]),
    ("antlr4-python3-runtime", &["antlr4"]),
    ("apache-airflow", &["airflow"]),
    ("apache-airflow-client", &["airflow_client"]),
    ("apache-airflow-mypy", &["airflow_mypy"]),
    ("argon2-cffi", &["argon2"]),
    ("atlassian-python-api", &["atlassian"]),
    ("attrs", &["attr", "attrs"]),
    ("auth0-python", &["auth0"]),
    ("bandwidth-sdk", &["bandwidth"]),
    ("beautifulsoup4", &["bs4"]),
    ("biopython", &["Bio", "BioSQL"]),
    ("bitvector", &["BitVector"]),
    ("cattrs", &["cattr", "cattrs"]),
    (
        "cloud-sql-python-connector",
        &["google.cloud.sql.connector"],
    ),
    ("confluent-kafka", &["confluent_kafka"]),
    ("coolprop", &["CoolProp"]),
    ("databricks-sdk", &["databricks.sdk"]),
    (
        "databricks-sql-connector",
        &["databricks.sql", "databricks.sqlalchemy"],
    ),
    ("delta-spark", &["delta"]),
    ("discord-py", &["discord"]),
    ("django-activity-stream", &["actstream"]),
    ("django-cors-headers", &["corsheaders"]),
    ("django-countries", &["django_countries"]),
    ("django-extensions", &["django_extensions"]),
    ("django-fernet-fields-v2", &["fernet_fields"]),
    ("django-filter", &["django_filters"]),
    ("django-fsm", &["django_fsm"]),
    ("django-money", &["djmoney"]),
    ("django-notifications-hq", &["notifications"]),
    ("django-oauth-toolkit", &["oauth2_provider"]),
    ("django-object-actions", &["django_object_actions"]),
    ("django-postgres-extra", &["psqlextra"]),
    ("django-pylibmc", &["django_pylibmc"]),
    ("django-redis", &["django_redis"]),
    ("django-scim2", &["django_scim"]),
    ("django-two-factor-auth", &["two_factor"]),
    ("django-user-agents", &["django_user_agents"]),
    ("djangorestframework", &["rest_framework"]),
    ("djangorestframework-api-key", &["rest_framework_api_key"]),
    (
        "djangorestframework-dataclasses",
        &["rest_framework_dataclasses"],
    ),
    ("djangorestframework-jwt", &["rest_framework_jwt"]),
    ("djangorestframework-queryfields", &["drf_queryfields"]),
    (
        "djangorestframework-simplejwt",
        &["rest_framework_simplejwt"],
    ),
    ("dnspython", &["dns"]),
    ("drf-api-tracking", &["rest_framework_tracking"]),
    ("drf-openapi-tester", &["openapi_tester"]),
    ("elastic-apm", &["elasticapm"]),
    ("enum34", &["enum"]),
    ("factory-boy", &["factory"]),
    ("faiss-cpu", &["faiss"]),
    ("faiss-gpu", &["faiss"]),
    ("fluent-logger", &["fluent"]),
    ("fonttools", &["fontTools"]),
    ("gitpython", &["git"]),
    ("google-api-python-client", &["googleapiclient"]),
    ("google-auth", &["google.auth", "google.oauth2"]),
    ("graphql-core", &["graphql"]),
    ("grpcio", &["grpc"]),
    ("grpcio-channelz", &["grpcio_channelz"]),
    ("grpcio-health-checking", &["grpc_health"]),
    ("grpcio-reflection", &["grpc_reflection"]),
    ("grpcio-status", &["grpc_status"]),
    ("grpcio-testing", &["grpc_testing"]),
    ("hdrhistogram", &["hdrh"]),
    ("honeycomb-opentelemetry", &["honeycomb.opentelemetry"]),
    ("ipython", &["IPython"]),
    ("jack-client", &["jack"]),
    ("kafka-python", &["kafka"]),
    ("lark-parser", &["lark"]),
    ("launchdarkly-server-sdk", &["ldclient"]),
    ("mail-parser", &["mailparser"]),
    ("matplotlib", &["matplotlib", "mpl_toolkits"]),
    ("matrix-nio", &["nio"]),
    ("msgpack-python", &["msgpack"]),
    ("mysql-connector-python", &["mysql.connector"]),
    ("mysqlclient", &["MySQLdb"]),
    ("netcdf4", &["netCDF4"]),
    ("o365", &["O365"]),
    ("opencv-contrib-python", &["cv2"]),
    ("opencv-contrib-python-headless", &["cv2"]),
    ("opencv-python", &["cv2"]),
    ("opencv-python-headless", &["cv2"]),
    ("opensearch-py", &["opensearchpy"]),
    (
        "opentelemetry-api",
        &[
            "opentelemetry._logs",
            "opentelemetry.attributes",
            "opentelemetry.baggage",
            "opentelemetry.context",
            "opentelemetry.environment_variables",
            "opentelemetry.metrics",
            "opentelemetry.propagate",
            "opentelemetry.propagators",
            "opentelemetry.trace",
            "opentelemetry.util",
            "opentelemetry.version",
        ],
    ),
    (
        "opentelemetry-exporter-otlp",
        &["opentelemetry.exporter.otlp"],
    ),
    (
        "opentelemetry-exporter-otlp-proto-grpc",
        &["opentelemetry.exporter.otlp.proto.grpc"],
    ),
    (
        "opentelemetry-exporter-otlp-proto-http",
        &["opentelemetry.exporter.otlp.proto.http"],
    ),
    (
        "opentelemetry-instrumentation-kafka-python",
        &["opentelemetry.instrumentation.kafka"],
    ),
    ("opentelemetry-proto", &["opentelemetry.proto"]),
    ("opentelemetry-sdk", &["opentelemetry.sdk"]),
    (
        "opentelemetry-semantic-conventions",
        &["opentelemetry.semconv"],
    ),
    ("opentelemetry-test-utils", &["opentelemetry.test"]),
    ("paho-mqtt", &["paho"]),
    ("phonenumberslite", &["phonenumbers"]),
    ("pillow", &["PIL"]),
    ("pip-tools", &["piptools"]),
    ("progressbar2", &["progressbar"]),
    ("protobuf", &["google.protobuf"]),
    ("psycopg2-binary", &["psycopg2"]),
    ("py-healthcheck", &["healthcheck"]),
    ("pycrypto", &["Crypto"]),
    ("pycryptodome", &["Crypto"]),
    ("pyerfa", &["erfa"]),
    ("pygithub", &["github"]),
    ("pygobject", &["gi"]),
    ("pyhamcrest", &["hamcrest"]),
    ("pyicu", &["icu"]),
    ("pyjwt", &["jwt"]),
    ("pykube-ng", &["pykube"]),
    ("pymongo", &["bson", "gridfs", "pymongo"]),
    ("pymupdf", &["fitz", "pymupdf"]),
    ("pynacl", &["nacl"]),
    ("pyopenssl", &["OpenSSL"]),
    ("pypdf2", &["PyPDF2"]),
    ("pypi-kenlm", &["kenlm"]),
    ("pyserial", &["serial"]),
    ("pyshp", &["shapefile"]),
    ("pysocks", &["socks"]),
    ("pytest", &["pytest", "_pytest"]),
    ("pytest-runner", &["ptr"]),
    ("python-json-logger", &["pythonjsonlogger"]),
    ("python-levenshtein", &["Levenshtein"]),
    ("python-lsp-jsonrpc", &["pylsp_jsonrpc"]),
    ("python-magic", &["magic"]),
    ("python-sat", &["pysat"]),
    ("python-slugify", &["slugify"]),
    ("pyusb", &["usb"]),
    ("pywavelets", &["pywt"]),
    ("pywinrm", &["winrm"]),
    ("pyyaml", &["yaml"]),
    ("pyzmq", &["zmq"]),
    ("randomwords", &["random_words"]),
    ("robotraconteur", &["RobotRaconteur"]),
    ("ruamel-yaml", &["ruamel.yaml"]),
    ("scikit-image", &["skimage"]),
    ("scikit-learn", &["sklearn"]),
    ("scikit-video", &["skvideo"]),
    (
        "setuptools",
        &["easy_install", "pkg_resources", "setuptools"],
    ),
    ("sisl", &["sisl", "sisl_toolbox"]),
    ("snowflake-connector-python", &["snowflake.connector"]),
    ("snowflake-snowpark-python", &["snowflake.snowpark"]),
    ("snowflake-sqlalchemy", &["snowflake.sqlalchemy"]),
    ("social-auth-app-django", &["social_django"]),
    ("social-auth-core", &["social_core"]),
    ("sseclient-py", &["sseclient"]),
    ("strawberry-graphql", &["strawberry"]),
    ("streamlit-aggrid", &["st_aggrid"]),
    ("tensorflow-cpu", &["tensorflow"]),
    ("tensorflow-gpu", &["tensorflow"]),
    ("umap-learn", &["umap"]),
    ("unittest-xml-reporting", &["xmlrunner"]),
    ("unleashclient", &["UnleashClient"]),
    ("websocket-client", &["websocket"]),
    ("zipstream-new", &["zipstream"]),
    ("zipstream-ng", &["zipstream"]),
];

/// Sorted by project.
const STUBS: &[(&str, &[&str])] = &[
    ("djangorestframework-types", &["rest_framework"]),
    ("lark-stubs", &["lark"]),
    ("types-beautifulsoup4", &["bs4"]),
    ("types-enum34", &["enum34"]),
    ("types-grpcio", &["grpc"]),
    ("types-grpcio-channelz", &["grpcio_channelz"]),
    ("types-grpcio-health-checking", &["grpc_health"]),
    ("types-grpcio-reflection", &["grpc_reflection"]),
    ("types-grpcio-status", &["grpc_status"]),
    ("types-pillow", &["PIL"]),
    ("types-protobuf", &["google.protobuf"]),
    ("types-pycrypto", &["Crypto"]),
    ("types-pyopenssl", &["OpenSSL"]),
    ("types-python-dateutil", &["dateutil"]),
    ("types-pyyaml", &["yaml"]),
    (
        "types-setuptools",
        &["easy_install", "pkg_resources", "setuptools"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(project: &str, modules: &[&str], provides: Provides) {
        let (found, what) = default_modules(project);
        assert_eq!(
            (found, what),
            (
                modules
                    .iter()
                    .map(|module| Cow::Borrowed(*module))
                    .collect(),
                provides
            )
        );
    }

    #[test]
    fn tables_are_sorted() {
        assert!(IMPLEMENTATIONS.is_sorted_by_key(|(name, _)| name));
        assert!(STUBS.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn table_pattern_and_name() {
        use Provides::{Implementation, Stub};
        check("PyYAML", &["yaml"], Implementation);
        check("Foo.Bar_baz", &["foo.bar_baz"], Implementation);
        check("typing-extensions", &["typing_extensions"], Implementation);
        let both = ["dateutil", "python_dateutil"];
        check("python-dateutil", &both, Implementation);
        let both = ["prometheus", "django_prometheus"];
        check("django-prometheus", &both, Implementation);
        check("types-PyYAML", &["yaml"], Stub);
        check("thing_stubs", &["thing"], Stub);
        check(
            "azure-storage-blob",
            &["azure.storage.blob"],
            Implementation,
        );
    }
}

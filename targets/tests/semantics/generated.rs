//! Types beyond Python: which files they own, and which dependencies follow from those.

use crate::options;
use targets::GraphOptions;
use targets::query::{ChangedFiles, Dependents};

/// Every edge of a repository for a version of Pants.
fn edges(version: &str, files: &str) -> String {
    let options = GraphOptions {
        pants_version: version.to_owned(),
        backend_packages: Vec::new(),
        ..options()
    };
    crate::ask_with(files, options, |graph| {
        let mut lines = Vec::new();
        for id in graph.all() {
            for other in graph.dependencies(id)? {
                lines.push(format!(
                    "{} -> {}",
                    graph.target(id).address,
                    graph.target(other).address
                ));
            }
        }
        lines.retain(|line| !line.contains("_lockfile"));
        lines.sort();
        Ok(lines)
    })
}

#[test]
fn protobuf() {
    insta::assert_snapshot!(edges("2.17.1", "== src/BUILD
python_requirement(name='pb', requirements=['protobuf'])
python_requirement(name='grpc', requirements=['grpcio'])
== src/p/BUILD
protobuf_sources(grpc=True)
== src/p/a.proto
import \"p/b.proto\";
import public 'google/protobuf/empty.proto';
== src/p/b.proto
== src/app/BUILD
python_sources()
== src/app/m.py
import p.a_pb2
from p import b_pb2_grpc
"), @"
    src/app/m.py -> src/p/a.proto
    src/app/m.py -> src/p/b.proto
    src/app:app -> src/app/m.py
    src/p/a.proto -> src/p/b.proto
    src/p/a.proto -> src:grpc
    src/p/a.proto -> src:pb
    src/p/b.proto -> src:grpc
    src/p/b.proto -> src:pb
    src/p:p -> src/p/a.proto
    src/p:p -> src/p/b.proto
    ");
}

#[test]
fn thrift_without_its_library() {
    insta::assert_snapshot!(edges("2.17.1", "== src/t/BUILD
thrift_sources()
== src/t/a.thrift
namespace py x.y
include \"t/b.thrift\"
== src/t/b.thrift
== src/app/BUILD
python_sources()
== src/app/m.py
import x.y.ttypes, b.constants
"), @"
    src/app/m.py -> src/t/a.thrift
    src/app/m.py -> src/t/b.thrift
    src/app:app -> src/app/m.py
    src/t/a.thrift -> src/t/b.thrift
    src/t:t -> src/t/a.thrift
    src/t:t -> src/t/b.thrift
    warning: src/t/BUILD:1:1: the modules that are generated of `src/t/a.thrift` import `thrift`, which no requirement provides
    warning: src/t/BUILD:1:1: the modules that are generated of `src/t/b.thrift` import `thrift`, which no requirement provides
    ");
}

const IMAGE: &str = "== BUILD
files(name='conf', sources=['x.conf'])
docker_image(name='base', source='Base')
== x.conf
== Base
FROM scratch
== app/BUILD
pex_binary(name='bin', entry_point='m')
pex_binary(name='other', entry_point='m', output_path='out/o.pex')
docker_image(name='img')
docker_image(name='late', instructions=['ARG B', 'FROM $B', 'COPY out/o.pex /'], extra_build_args=['B=//:base'])
== app/Dockerfile
ARG BASE=//:base
FROM ${BASE}
COPY app/bin.pex x.conf /srv/
COPY --from=stage out/o.pex /
";

#[test]
fn images() {
    insta::assert_snapshot!(edges("2.17.1", IMAGE), @"
    //:conf -> //x.conf:conf
    app:img -> //:base
    app:img -> app:bin
    app:late -> //:base
    app:late -> app:other
    ");
    insta::assert_snapshot!(edges("2.34.0", IMAGE), @"
    //:conf -> //x.conf:conf
    app:img -> //:base
    app:img -> //x.conf:conf
    app:img -> app:bin
    app:late -> //:base
    app:late -> app:other
    ");
}

#[test]
fn tools_functions_and_shell() {
    insta::assert_snapshot!(edges("2.17.1", "== src/f/BUILD
files(name='in', sources=['in.txt'])
system_binary(name='sh', binary_name='sh', fingerprint_dependencies=[':in'])
adhoc_tool(name='tool', runnable=':sh', execution_dependencies=[':in'], output_dependencies=['./x.py'], runnable_dependencies=[':sh'])
shell_command(name='cmd', command='cat', execution_dependencies=[':tool'])
experimental_wrap_as_resources(name='wrapped', inputs=[':cmd'])
python_sources()
python_awslambda(name='l', handler='x.py:handle')
python_google_cloud_function(name='g', handler='f.x:handle', runtime='python39', type='http')
shunit2_tests(name='t', dependencies=[':in'], runtime_package_dependencies=[':l'])
archive(name='zip', format='zip', files=[':in'], packages=[':l'])
== src/f/in.txt
== src/f/x.py
== src/f/a_test.sh
"), @"
    src/f/a_test.sh:t -> src/f/in.txt:in
    src/f/a_test.sh:t -> src/f:l
    src/f:cmd -> src/f:tool
    src/f:f -> src/f/x.py
    src/f:g -> src/f/x.py
    src/f:in -> src/f/in.txt:in
    src/f:l -> src/f/x.py
    src/f:sh -> src/f/in.txt:in
    src/f:t -> src/f/a_test.sh:t
    src/f:tool -> src/f/in.txt:in
    src/f:tool -> src/f/x.py
    src/f:tool -> src/f:sh
    src/f:wrapped -> src/f:cmd
    src/f:zip -> src/f/in.txt:in
    src/f:zip -> src/f:l
    ");
}

#[test]
fn several_files_of_one_target() {
    let files = "== BUILD
helm_chart(name='c')
go_package(name='g', sources=['*.go', '!x.go'])
package_json(name='js')
== Chart.yaml
== values.yaml
== a.go
== x.go
== package.json
";
    let changed = |path: &str| {
        crate::ask_with(files, options(), |graph| {
            let changed = ChangedFiles {
                edited: vec![path.to_owned()],
                ..ChangedFiles::default()
            };
            let found = changed.targets(graph, None, Dependents::None)?;
            Ok(found
                .iter()
                .map(|id| graph.target(*id).address.to_string())
                .collect())
        })
    };
    insta::assert_snapshot!(changed("values.yaml"), @"//:c");
    insta::assert_snapshot!(changed("a.go"), @"//:g");
    insta::assert_snapshot!(changed("x.go"), @"");
    insta::assert_snapshot!(changed("package.json"), @"//:js");
}

#[test]
fn a_path_that_begins_with_the_folder_itself() {
    let files = "== d/BUILD\nresource(name='r', source='./x.txt')\n== d/x.txt\n";
    let owners = crate::ask_with(files, options(), |graph| {
        let owners = graph.owners_of_file("d/x.txt").into_iter();
        Ok(owners
            .map(|id| graph.target(id).address.to_string())
            .collect())
    });
    assert_eq!(owners, "d:r");
}

#[test]
fn entry_points_that_a_test_asks_for() {
    insta::assert_snapshot!(edges("2.34.0", "== src/p/BUILD
python_sources()
python_distribution(name='d', dependencies=[':p'], provides=python_artifact(name='p'), entry_points={'g': {'one': 'p.one:f', 'two': 'p.two:f'}, 'h': {'three': 'p.three:f'}})
== src/p/one.py
== src/p/two.py
== src/p/three.py
== src/t/BUILD
python_tests(name='some', entry_point_dependencies={'src/p:d': ['g/two', 'h']})
== src/t/test_x.py
").lines().filter(|line| line.contains("test_x.py:some ->")).collect::<Vec<_>>().join("\n"), @"
    src/t/test_x.py:some -> src/p/three.py
    src/t/test_x.py:some -> src/p/two.py
    ");
}

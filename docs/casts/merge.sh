# Two branches that each add a requirement.
cp -r docs/tutorial ../monorepo && cd ../monorepo
git init --quiet --initial-branch main && xt generate-lockfiles --quiet && git add --all && git commit --quiet --message 'The tutorial'
xt install-merge-driver --quiet
git add --all && git commit --quiet --message 'The merge driver'
git switch --quiet --create colours
sed -i 's/"humanize"/"humanize", "colorama"/' libs/greeting/pyproject.toml
xt generate-lockfiles --quiet && git commit --quiet --all --message 'Colours'
git switch --quiet main && git switch --quiet --create tables
sed -i 's/"greeting"]/"greeting", "tabulate"]/' apps/hello/pyproject.toml
xt generate-lockfiles --quiet && git commit --quiet --all --message 'Tables'
$ git log --oneline --all --graph
$ git diff --stat main colours -- python.lock
$ git diff --stat main tables -- python.lock
$ git merge --no-edit colours
$ xt generate-lockfiles --check
$ xt lock diff main

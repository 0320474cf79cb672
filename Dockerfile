# An image with the tool, and what it calls: git and Python. `.ci/wheel` puts the wheel into `prebuilt/`.
#
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/repository" IMAGE generate-lockfiles
FROM python:3.13-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
COPY prebuilt/*.whl /tmp/wheel/
RUN pip install --no-cache-dir --no-index /tmp/wheel/*manylinux*_"$(uname -m)".whl \
    && rm -rf /tmp/wheel
# Whoever runs it owns neither the folder nor a home.
ENV HOME=/tmp GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=/repository
WORKDIR /repository
ENTRYPOINT ["cargo-xtask"]

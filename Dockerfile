# Builds the wheel, installs the wheel, runs as a user of its own. No source tree in the image.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements/runtime.txt requirements/runtime.txt
RUN python -m venv /opt/wfm-gateway \
 && /opt/wfm-gateway/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md ./
COPY gateway gateway
COPY mappings mappings
RUN /opt/wfm-gateway/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/wfm-gateway/bin/python -m pip install --no-cache-dir --no-deps --no-index /dist/*.whl

FROM python:3.11-slim
RUN useradd --system --create-home --home-dir /srv/wfm-gateway wfm-gateway
COPY --from=build /opt/wfm-gateway /opt/wfm-gateway
COPY config/container.yaml /srv/wfm-gateway/config/gateway.yaml
WORKDIR /srv/wfm-gateway
RUN mkdir var && chown wfm-gateway: var
USER wfm-gateway
ENV PATH=/opt/wfm-gateway/bin:$PATH PYTHONUNBUFFERED=1
VOLUME ["/srv/wfm-gateway/var"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["wfm-gateway"]
CMD ["serve"]

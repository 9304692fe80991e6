# RL² Mazes on a CPU, in the versions of constraints.txt:
#   docker build -t rl2-mazes .
#   docker run --rm -v "$PWD/runs:/home/rl2/runs" rl2-mazes                 # rl2 demo
#   docker run --rm -v "$PWD/runs:/home/rl2/runs" rl2-mazes eval agent=pretrained/demo
FROM python:3.11-slim

COPY . /source
RUN python -m pip install --no-cache-dir --disable-pip-version-check \
        --extra-index-url https://download.pytorch.org/whl/cpu \
        --constraint /source/constraints.txt "/source[gym]" \
    && rm -rf /source \
    && useradd --create-home rl2

# Not as root: a run writes nothing but /home/rl2.
USER rl2
WORKDIR /home/rl2
ENTRYPOINT ["rl2"]
CMD ["demo", "open=false"]

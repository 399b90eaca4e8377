# The course's commands. Each is `python -m tools COMMAND`, which works without make as well (see README.md).
PYTHON ?= python3
# Set around us, it would make every process compile every module it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test lab lesson notebooks cloud bench lock clean

help: ## This list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: ## Execute all lessons; report in build/report/index.html
	@$(PYTHON) -m tools run

test: ## Everything CI runs: lint, tests, the notebooks' stored outputs
	@$(PYTHON) -m tools test

lab: ## JupyterLab on the first lesson
	@$(PYTHON) -m tools lab

lesson: ## Execute one lesson: make lesson N=1
	@$(PYTHON) -m tools lesson $(N)

notebooks: ## Build both editions of each lesson from notebooks/source
	@$(PYTHON) -m tools notebooks $(N)

cloud: ## The offline Google Cloud on its own: make cloud PORT=8085
	@$(PYTHON) -m tools cloud --port $(or $(PORT),8085)

bench: ## Speed ratios against peers: make bench ARGS=--slow
	@$(PYTHON) -m tools bench $(ARGS)

lock: ## Resolve constraints/ anew (needs uv): make lock ARGS=--upgrade
	@$(PYTHON) -m tools lock $(ARGS)

clean: ## Remove reports, environments and caches; never a learner's work
	@$(PYTHON) -m tools clean

# Homebrew formula of sortie, for a tap: `brew install sortie-rs/tap/sortie`. `scripts/packaging` fills in version and checksums
# for each release; what stands here is a template.
class Sortie < Formula
  desc "Launches batches of robot jobs on UiPath Orchestrator, each exactly once"
  homepage "https://github.com/sortie-rs/sortie"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "https://github.com/sortie-rs/sortie/releases/download/v@VERSION@/sortie-v@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:aarch64-apple-darwin@"
    end
    on_intel do
      url "https://github.com/sortie-rs/sortie/releases/download/v@VERSION@/sortie-v@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/sortie-rs/sortie/releases/download/v@VERSION@/sortie-v@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "https://github.com/sortie-rs/sortie/releases/download/v@VERSION@/sortie-v@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "sortie"
    generate_completions_from_executable(bin/"sortie", "completions", shells: [:bash, :zsh, :fish])
    system bin/"sortie", "man", man1
  end

  test do
    system bin/"sortie", "init"
    system bin/"sortie", "run", "hello.yaml", "--sandbox"
  end
end

# Rookery for Elixir: one file, no dependencies but OTP 27's :json and :httpc. Copy the module into your project.
#
#     hub = Rookery.connect(agent: "ada")             # ROOKERY_URL, ROOKERY_TOKEN, AGENT_NAME by default
#     {:ok, %{"claimTask" => claimed}} = Rookery.claim(hub, types: ["code"], wait: 20)
#
# Every call is plain GraphQL: Rookery.call/3 does whatever the verbs don't. docs/protocol.md says what the hub promises.
defmodule Rookery do
  defstruct [:url, :headers]

  def connect(options \\ []) do
    {:ok, _} = Application.ensure_all_started([:inets, :ssl])
    base = options[:url] || System.get_env("ROOKERY_URL", "http://127.0.0.1:4000")
    token = options[:token] || System.get_env("ROOKERY_TOKEN")
    agent = options[:agent] || System.get_env("AGENT_NAME")

    headers =
      if(token, do: [{~c"authorization", ~c"Bearer #{token}"}], else: []) ++
        if(agent, do: [{~c"x-agent", ~c"#{agent}"}], else: [])

    %Rookery{url: String.to_charlist(String.trim_trailing(base, "/") <> "/graphql"), headers: headers}
  end

  @doc "Runs a query or a mutation: `{:ok, data}`, or `{:error, code, message}` with a code of docs/protocol.md."
  def call(hub, document, variables \\ %{}) do
    body = :json.encode(%{"query" => document, "variables" => variables}) |> IO.iodata_to_binary()
    headers = [{~c"accept", ~c"application/json"} | hub.headers]

    case :httpc.request(:post, {hub.url, headers, ~c"application/json", body}, [timeout: 90_000], body_format: :binary) do
      {:ok, {_status, _headers, answer}} ->
        case :json.decode(answer) do
          %{"errors" => [%{"message" => message} = error | _]} -> {:error, error["extensions"]["code"], message}
          %{"data" => data} -> {:ok, data}
        end

      {:error, reason} ->
        {:error, "UNREACHABLE", inspect(reason)}
    end
  end

  def beat(hub, input \\ %{}),
    do: verb(hub, "heartbeat", "HeartbeatInput", "agent { id } signals { unread urgent cancelled leasesLost }", input)

  def create_task(hub, title, input \\ %{}),
    do: verb(hub, "createTask", "CreateTaskInput", "task { id status }", Map.put(input, "title", title))

  @doc "`wait`: seconds to wait for a task, 0 to 60. `task` is :null when there was none."
  def claim(hub, options \\ []) do
    input = %{"waitSeconds" => options[:wait] || 0}
    input = if options[:types], do: Map.put(input, "types", options[:types]), else: input
    verb(hub, "claimTask", "ClaimTaskInput", "task { id title input } lease { token fence expiresAt }", input)
  end

  def complete(hub, task_id, lease_token, output \\ :null),
    do:
      verb(hub, "completeTask", "CompleteTaskInput", "task { id status }", %{
        "id" => task_id,
        "leaseToken" => lease_token,
        "output" => output
      })

  def send_message(hub, content, input \\ %{}),
    do: verb(hub, "sendMessage", "SendMessageInput", "message { id }", Map.put(input, "content", content))

  defp verb(hub, name, type, selection, input),
    do: call(hub, "mutation ($input: #{type}!) { #{name}(input: $input) { #{selection} } }", %{"input" => input})
end

# Run as a script, it does one task of its own making: elixir rookery.exs
if System.get_env("ROOKERY_EXAMPLE") do
  hub = Rookery.connect()
  {:ok, %{"createTask" => %{"task" => %{"id" => id}}}} = Rookery.create_task(hub, "Try Elixir", %{"type" => "elixir"})
  {:ok, %{"claimTask" => %{"task" => %{"id" => ^id}, "lease" => lease}}} = Rookery.claim(hub, types: ["elixir"])
  {:ok, %{"completeTask" => %{"task" => %{"status" => status}}}} = Rookery.complete(hub, id, lease["token"], %{"ok" => true})
  {:error, "LEASE_LOST", _} = Rookery.call(hub, ~s|mutation { renewLease(input: { id: "#{id}", leaseToken: "old" }) { task { id } } }|)
  IO.puts("#{id} #{status}")
end
